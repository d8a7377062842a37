"""Refusals as RFC 9457 problem details: a status, its title, and one sentence.

https://www.rfc-editor.org/rfc/rfc9457 (read 2026-11-28): where ``type`` is ``about:blank``, the title is that
of the status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse

from isthmus.errors import IsthmusError


class ProblemDetails(BaseModel):
    """Why a request was refused."""

    type: str = "about:blank"
    title: str
    """Of the status."""
    status: int
    detail: str
    """One sentence: what is wrong, and what to do."""
    request_id: str
    """By which the front's own log knows the request."""


class RequestRefused(IsthmusError):
    """A request that is not answered; the message is the problem's detail."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})


def problem(status: int, detail: str, request_id: str, headers: Mapping[str, str]) -> JSONResponse:
    """The answer to a request that is refused."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Refused"
    details = ProblemDetails(title=title, status=status, detail=detail, request_id=request_id)
    return JSONResponse(
        details.model_dump(), status, headers=dict(headers), media_type="application/problem+json"
    )


def sentence(errors: Sequence[Mapping[str, Any]]) -> str:
    """What pydantic found, in one sentence, without values of the request: they may name a customer."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return "the body is no JSON; send an object as the OpenAPI document at /openapi.json shows it"
    path, what = first["loc"][1:], str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        # The key is the caller's own word.
        path, what = path[:-1], "a key is not known here; /openapi.json lists those that are"
    where = ""
    for part in path:
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
    subject = where or "the body"
    more = f"; {len(errors) - 1} more values are refused" if len(errors) > 1 else ""
    return f"{subject}: {what[:1].lower()}{what[1:]}{more}"
