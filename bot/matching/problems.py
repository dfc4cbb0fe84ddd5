"""What is wrong in the FAQ folder, told so that an admin can mend it: file, line, field, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the new version out; a warning asks a person to look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `line` counts from 1; 0 means the file as a whole."""

    severity: Severity
    file: str
    line: int
    field: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" [{self.field}]" if self.field else ""
        fix = f"。{self.fix}" if self.fix else ""
        return f"{where}{field} {self.what}{fix}"


def error(file: str, line: int, field: str, what: str, fix: str = "") -> Problem:
    """A problem that keeps the new version out."""
    return Problem(Severity.ERROR, file, line, field, what, fix)


def warning(file: str, line: int, field: str, what: str, fix: str = "") -> Problem:
    """A problem that a person should look at."""
    return Problem(Severity.WARNING, file, line, field, what, fix)


def has_errors(problems: tuple[Problem, ...]) -> bool:
    """Whether any of them is an error."""
    return any(p.severity is Severity.ERROR for p in problems)
