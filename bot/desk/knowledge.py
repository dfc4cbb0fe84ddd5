"""What the desk knows: the library and the matcher that are live now, swapped as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.faq import Entry, EntryId, Topic, TopicId
from bot.domain.match import Matches
from bot.matching.library import Library
from bot.matching.matcher import Matcher

TOP = 5


@dataclass(frozen=True, slots=True)
class Shelf:
    """One library with the matcher that was built for it. A turn takes one shelf and stays with it, so
    that a reload in between changes nothing for it."""

    library: Library
    matcher: Matcher
    served: Mapping[EntryId, Entry]
    questions: Mapping[EntryId, str]

    @classmethod
    def of(cls, library: Library, matcher: Matcher | None = None) -> Shelf:
        """Build the matcher if it is not given; takes up to seconds, so not on the event loop."""
        served = {e.id: e for e in library.served}
        questions = {e.id: e.question for e in library.served}
        return cls(library, matcher or Matcher.of(library), served, questions)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Topics in the order of topics.toml."""
        return tuple(self.library.topics.values())

    def topic_name(self, topic: TopicId) -> str:
        """The topic's name, or a dash for one that is gone."""
        found = self.library.topics.get(topic)
        return found.name if found else "—"

    def match(self, text: str) -> Matches:
        """What the FAQ has for a text: only entries that may be shown, whatever the matcher was built for."""
        return self._shown(self.matcher.match(text, TOP))

    def _shown(self, matches: Matches) -> Matches:
        items = tuple(m for m in matches.items if m.entry in self.served)
        return replace(matches, items=items, parts=tuple(self._shown(part) for part in matches.parts))


class Knowledge:
    """Holds the live shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def swap(self, shelf: Shelf) -> None:
        """From now on answer from this one."""
        self.shelf = shelf
