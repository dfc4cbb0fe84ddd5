"""Checks each request and each emission against aiogram's typed models; what does not fit is a violation."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from .errors import Json
from .quick import aiogram

TelegramMethod = aiogram.methods.TelegramMethod
BufferedInputFile = aiogram.types.BufferedInputFile

Method = type[TelegramMethod[Any]]


@cache
def method_models() -> dict[str, Method]:
    """Every Bot API method that aiogram knows, by its name in small letters."""
    found = (getattr(aiogram.methods, name) for name in aiogram.methods.__all__)
    return {
        model.__api_method__.lower(): model
        for model in found
        if isinstance(model, type) and issubclass(model, TelegramMethod) and model is not TelegramMethod
    }


@cache
def json_fields(model: Method) -> frozenset[str]:
    """Parameters that travel as JSON text in forms: objects, arrays and unions of these."""
    _complete(model)
    return frozenset(name for name, field in model.model_fields.items() if _is_structure(field.annotation))


def _is_structure(annotation: Any) -> bool:
    origin = getattr(annotation, "__origin__", None)
    if annotation in (list, dict) or origin in (list, dict):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_is_structure(part) for part in get_args(annotation))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    _complete(kind)
    return TypeAdapter(kind)


def _complete(kind: Any) -> None:
    """Build a model that is not built yet, or those that a list or union is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        kind.model_rebuild()
    for part in get_args(kind):
        _complete(part)


def required_flags(model: type[BaseModel]) -> list[str]:
    """The boolean fields that an object of this type always has."""
    _complete(model)
    return [name for name, field in model.model_fields.items() if field.annotation is bool]


class Judge:
    """Collects violations; a test asserts at its end that there are none."""

    def __init__(self) -> None:
        self.violations: list[str] = []

    def report(self, text: str) -> None:
        """Keep a violation."""
        self.violations.append(text)

    def update(self, raw: Json) -> None:
        """An update that we are about to emit."""
        self._check("update", raw, aiogram.types.Update)

    def reply(self, model: Method, result: Any) -> None:
        """The result of a call that we are about to return."""
        self._check(f"reply of {model.__api_method__}", result, model.__returning__)

    def request(self, model: Method, params: Json) -> None:
        """A request as it came, after its JSON parts were decoded."""
        name = model.__api_method__
        _complete(model)
        try:
            value = model.model_validate({key: _as_input(item) for key, item in params.items()})
        except ValidationError as error:
            self.report(f"{name}: {_first(error)}")
            return
        for key in value.__pydantic_extra__ or {}:
            self.report(f"{name}: unknown parameter {key!r}")
        for key in model.model_fields:
            self._walk(f"{name}.{key}", params.get(key), getattr(value, key), scalars=False)

    def _check(self, what: str, raw: Any, kind: Any) -> None:
        try:
            value = _adapter(kind).validate_python(raw)
        except ValidationError as error:
            self.report(f"{what}: {_first(error)}")
            return
        self._walk(what, raw, value, scalars=True)

    def _walk(self, path: str, raw: Any, value: Any, *, scalars: bool) -> None:
        if isinstance(value, BaseModel) and isinstance(raw, dict):
            self._walk_model(path, raw, value, scalars=scalars)
        elif isinstance(value, list) and isinstance(raw, list):
            for index, (left, right) in enumerate(zip(raw, value, strict=True)):
                self._walk(f"{path}[{index}]", left, right, scalars=scalars)
        elif scalars and not _same_kind(raw, value):
            self.report(f"{path}: {raw!r} was taken for {value!r}")

    def _walk_model(self, path: str, raw: Json, value: BaseModel, *, scalars: bool) -> None:
        by_alias = {field.alias or name: name for name, field in type(value).model_fields.items()}
        for key, item in raw.items():
            name = by_alias.get(key)
            if name is None:
                self.report(f"{path}: unknown field {key!r} in {type(value).__name__}")
            else:
                self._walk(f"{path}.{key}", item, getattr(value, name), scalars=scalars)


def _same_kind(raw: Any, value: Any) -> bool:
    if isinstance(value, datetime):
        return isinstance(raw, int)
    if isinstance(value, float):
        return isinstance(raw, int | float)
    return type(raw) is type(value)


def _as_input(item: Any) -> Any:
    return BufferedInputFile(item.data, item.name) if isinstance(item, Upload) else item


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"


class Upload:
    """A file part of a multipart request."""

    def __init__(self, name: str, data: bytes, mime: str) -> None:
        self.name = name
        self.data = data
        self.mime = mime

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.data)} bytes>"
