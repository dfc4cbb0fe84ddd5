"""An outbound message as the steps that Telegram needs for it: long texts and some files take several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.channels.telegram.render import CAPTION_LIMIT, Rich, render, split, units
from bot.domain.messages import Block, BlockKind, Button, FileRef, OutboundMessage

Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One call: a text, or a file with its caption.

    `body` says that it carries words or a file of the message itself, so that its ref is the message's.
    """

    rich: Rich
    file: FileRef | None = None
    buttons: Buttons = ()
    asks_phone: bool = False
    drops_keyboard: bool = False
    body: bool = True

    @property
    def bare(self) -> bool:
        """Whether there is still room for a reply keyboard, or for taking it away."""
        return not self.buttons and not self.asks_phone


def plan(message: OutboundMessage, *, captionable: bool, ask_phone: bool, prompt: str) -> list[Step]:
    """The steps in order, buttons on the last of the body; empty when there is nothing to send.

    A message has either buttons or a reply keyboard: with both, the keyboard comes with `prompt`.
    """
    steps = _body(render(message.blocks), message.file, captionable)
    if not steps:
        return []
    steps[-1] = replace(steps[-1], buttons=tuple(row for row in message.buttons if row))
    if ask_phone and steps[-1].bare:
        steps[-1] = replace(steps[-1], asks_phone=True)
    elif ask_phone:
        steps.append(Step(Rich(prompt), asks_phone=True, body=False))
    return steps


def _body(rich: Rich, file: FileRef | None, captionable: bool) -> list[Step]:
    if file is None:
        return [Step(part) for part in split(rich)]
    if captionable and units(rich.text) <= CAPTION_LIMIT:
        return [Step(rich, file)]
    return [Step(Rich(), file), *(Step(part) for part in split(rich))]


def drop_keyboard(steps: Sequence[Step]) -> list[Step] | None:
    """The same steps, the first with room taking the keyboard away; None when none has room."""
    at = next((index for index, step in enumerate(steps) if step.bare), None)
    if at is None:
        return None
    return [replace(step, drops_keyboard=True) if i == at else step for i, step in enumerate(steps)]


def without_file(step: Step, note: str) -> Step:
    """What is left of a step whose file cannot be had: its words, and a note that says so."""
    blocks = [Block(BlockKind.NOTE, note)]
    lost = render(blocks)
    if not step.rich.text:
        return replace(step, rich=lost, file=None)
    start = len(step.rich.text) + 2
    spans = tuple(replace(s, start=s.start + start, end=s.end + start) for s in lost.spans)
    rich = Rich(f"{step.rich.text}\n\n{lost.text}", step.rich.spans + spans)
    return replace(step, rich=rich, file=None)
