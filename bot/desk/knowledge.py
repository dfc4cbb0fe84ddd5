"""What the desk knows: the library and the matcher that are live now, swapped as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bot.domain.faq import Entry, EntryId, Topic, TopicId
from bot.domain.match import Matches
from bot.matching.library import Library
from bot.matching.matcher import Matcher

TOP = 5
_BEGUN = 256


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
    """Holds the live shelf, and matches on a thread of its own: a long message takes milliseconds, in which
    the event loop and the database serve others."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._thread = ThreadPoolExecutor(1, "match")
        self._begun: dict[str, tuple[Shelf, asyncio.Future[Matches]]] = {}

    def swap(self, shelf: Shelf) -> None:
        """From now on answer from this one."""
        self.shelf = shelf

    def warm(self) -> None:
        """Load what the first match needs, before somebody waits for it."""
        self._thread.submit(self.shelf.match, "您好")

    def begin(self, text: str) -> None:
        """Somebody will ask for this text soon: have it matched by then."""
        if text and text not in self._begun:
            if len(self._begun) >= _BEGUN:
                _, forgotten = self._begun.pop(next(iter(self._begun)))
                forgotten.cancel()
            self._begun[text] = self.shelf, self._start(self.shelf, text)

    async def match(self, text: str) -> Matches:
        """What the live shelf has for the text."""
        shelf, begun = self._begun.pop(text, (None, None))
        if begun is None or shelf is not self.shelf:
            begun = self._start(self.shelf, text)
        return await begun

    def _start(self, shelf: Shelf, text: str) -> asyncio.Future[Matches]:
        return asyncio.get_running_loop().run_in_executor(self._thread, shelf.match, text)
