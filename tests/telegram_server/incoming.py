"""HTTP requests to method and parameters: JSON, urlencoded, multipart and query string."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from .call import decode
from .errors import Json, bad_request
from .judge import Method, Upload, json_fields


async def parameters(request: Request, model: Method | None) -> Json:
    """All parameters, with JSON parts decoded and files in their places."""
    params: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        params |= await _json(request)
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form(max_part_size=8 * 2**20) as form:
            for key, value in form.multi_items():
                params[key] = await _upload(value) if isinstance(value, UploadFile) else value
    return settle(params, model)


async def _json(request: Request) -> Json:
    body = await request.body()
    if not body:
        return {}
    value: Any = await request.json()
    if not isinstance(value, dict):
        raise bad_request("can't parse request: object expected")
    return value


async def _upload(file: UploadFile) -> Upload:
    return Upload(file.filename or "file", await file.read(), file.content_type or "application/octet-stream")


def settle(params: Json, model: Method | None) -> Json:
    """Decode JSON texts, put `attach://` parts where they belong, drop empty (unset) parameters."""
    known = frozenset(model.model_fields) if model else frozenset()
    structured = json_fields(model) if model else frozenset()
    settled: Json = {}
    attached: set[str] = set()
    for key, value in params.items():
        if isinstance(value, str) and value.startswith("attach://") and value[9:] in params:
            attached.add(value[9:])
            settled[key] = params[value[9:]]
        elif isinstance(value, str) and key in structured:
            settled[key] = decode(value) if value else None
        else:
            settled[key] = value
    return {
        key: value
        for key, value in settled.items()
        if value is not None and (key in known or key not in attached)
    }
