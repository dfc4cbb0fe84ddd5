"""The admins' lexicon: lay words mapped to the concept that the law and the answers use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.matching.tables import Table


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`concepts` maps a surface form to its concept; the concept's own name maps to itself."""

    concepts: Mapping[str, str] = field(default_factory=dict)
    places: frozenset[str] = frozenset()

    @property
    def forms(self) -> int:
        """How many surface forms there are."""
        return len(self.concepts)


def read_lexicon(table: Table) -> Lexicon:
    """The lexicon; clashes and cycles are errors in the table's problems."""
    concepts: dict[str, str] = {}
    names = set(_groups(table))
    for name, forms in _groups(table).items():
        concepts.setdefault(name, name)
        for form in forms:
            if form in names and form != name:
                table.error(f'"{form}"', name, f"“{form}”既是概念又是“{name}”的说法", "只留一处")
            elif form in concepts and concepts[form] != name:
                table.error(f'"{name}"', name, f"“{form}”已归入“{concepts[form]}”", "只归入一个概念")
            else:
                concepts[form] = name
    return Lexicon(concepts)


def _groups(table: Table) -> dict[str, tuple[str, ...]]:
    rows = table.sections().get("concepts", {})
    return {name: table.strings(rows, name) for name in rows}
