"""Settings of a desk as tests need it: no waiting for bursts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.config import Config
from bot.desk.settings import DeskSettings
from bot.domain.match import Thresholds
from bot.parts import desk_settings


def settings() -> DeskSettings:
    """The shipped defaults with three regions, turns that start at once, answers to our own phrasings."""
    made = desk_settings(Config(regions=("城关区", "东城街道", "西城街道")))
    limits = replace(made.limits, burst=timedelta(0), messages_at_once=10_000)
    return replace(made, limits=limits, thresholds=Thresholds(answer=0.55, suggest=0.5))
