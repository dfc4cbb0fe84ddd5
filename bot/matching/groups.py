"""Entries and topics as the engine's groups: which texts speak for an entry beside its phrasings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.faq import Entry, Topic, TopicId
from bot.matching.engine import Group
from bot.matching.tables import Law


def groups_of(
    entries: Iterable[Entry],
    topics: Mapping[TopicId, Topic],
    hints: Mapping[TopicId, tuple[str, ...]],
    laws: Mapping[str, Law],
) -> tuple[list[Group], list[TopicId]]:
    """One group an entry, in the entries' order, and the topics in the order of the groups' numbers."""
    entries = tuple(entries)
    order = list(topics) or list(dict.fromkeys(e.topic for e in entries))
    number = {t: n for n, t in enumerate(order)}
    about = {t: " ".join([topics[t].name if t in topics else "", *hints.get(t, ())]) for t in order}
    return [_group(e, number[e.topic], about[e.topic], laws) for e in entries], order


def _group(entry: Entry, topic: int, about: str, laws: Mapping[str, Law]) -> Group:
    cited = {laws[c.law].short if c.law in laws else c.law for c in entry.basis}
    more = "\n".join([entry.answer, " ".join(entry.keywords), about, " ".join(sorted(cited))])
    return Group(entry.phrasings, entry.not_, more, topic)
