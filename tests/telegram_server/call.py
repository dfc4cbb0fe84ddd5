"""One Bot API request while it is handled: its parameters in the types that handlers want."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .entities import Formatted, HtmlReader, broken
from .errors import Json, bad_request
from .judge import Upload
from .markdown import MarkdownReader
from .world import Chat, World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024


@dataclass
class Call:
    """A request: method in small letters, decoded parameters, uploaded files among them."""

    world: World
    method: str
    params: Json

    def text(self, name: str) -> str:
        """A string parameter, empty when absent."""
        value = self.params.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """An integer parameter; what is no number counts as the default, as on the real server."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """A boolean parameter."""
        return self.text(name).lower() in ("true", "1", "yes")

    def chat(self, name: str = "chat_id", *, write: bool = True) -> Chat:
        """The chat it is for."""
        if not self.text(name):
            raise bad_request("chat_id is empty")
        return self.world.reach(self.text(name), write=write)

    def formatted(self, name: str, limit: int) -> Json:
        """Text with entities under `name` and `entities`/`caption_entities`, checked; {} when empty."""
        source = self.text(name)
        if not source:
            return {}
        key = "entities" if name == "text" else "caption_entities"
        found = read_markup(source, self.text("parse_mode"), self.params.get(key))
        if not found.text:
            raise bad_request("text must be non-empty" if name == "text" else "caption must be non-empty")
        # TDLib measures utf8_length, so characters and not UTF-16 units.
        if len(found.text) > limit:
            raise bad_request("message is too long" if name == "text" else "message caption is too long")
        return {name: found.text} | ({key: found.entities} if found.entities else {})

    def file(self, name: str) -> str | Upload:
        """A file parameter: what was uploaded, or a file_id."""
        value = self.params.get(name)
        if isinstance(value, Upload):
            if not value.data:
                raise bad_request("file must be non-empty")
            return value
        if not value:
            raise bad_request(f"there is no {name} in the request")
        return str(value)


Handler = Callable[[Call], Any]
HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler under Bot API names."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys((name.lower() for name in names), handler))
        return handler

    return register


def read_markup(source: str, parse_mode: str, entities: list[Json] | None) -> Formatted:
    """Plain text and entities of a text in the given mode; ApiError when broken."""
    mode = parse_mode.lower()
    if mode == "html":
        return HtmlReader(source).read().finished()
    if mode == "markdownv2":
        return MarkdownReader(source).read().finished()
    if mode not in ("", "none"):
        # The old "Markdown" is not modelled here: the product does not use it.
        raise bad_request("unsupported parse_mode")
    plain = Formatted()
    plain.put(source)
    plain.entities = [dict(entity) for entity in entities or []]
    for entity in plain.entities:
        if entity["offset"] < 0 or entity["offset"] + entity["length"] > plain.length:
            raise broken("entity is outside of the text")
    return plain.finished()


def decode(value: str) -> Any:
    """A JSON parameter of a form; text that is no JSON stays text, for the judge to see."""
    try:
        return json.loads(value)
    except ValueError:
        return value
