"""What every request passes: its id, its caller, its size and time, its rate; and what is noted of it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from dataclasses import dataclass
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.front.callers import Callers
from serving.front.metrics import Metrics
from serving.front.problems import RequestRefused, problem
from serving.front.settings import FrontSettings

access = logging.getLogger("serving.front.access")
defects = logging.getLogger(__name__)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ROUTES = ("/v1/recommendations", "/v1/feedback")
OPEN_ROUTES = ("/livez", "/readyz", "/metrics", "/openapi.json")


class Drain(Protocol):
    """Whether the front is about to end."""

    draining: bool


@dataclass
class Noted:
    """What the log says of a request."""

    request_id: str
    caller: str = ""
    status: int = 499
    """Of a caller that went away before its answer."""
    why: str = ""


class Gate:
    """The outermost part of the application."""

    def __init__(
        self, app: ASGIApp, settings: FrontSettings, callers: Callers, metrics: Metrics, drain: Drain
    ) -> None:
        self._app, self._callers, self._metrics, self._drain = app, callers, metrics, drain
        self._limits, self._receive_s = settings.limits, settings.times.receive_s
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(self._limits.requests_per_minute)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        noted = Noted(given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
        path = scope["path"]
        route = path if path in ROUTES or path in OPEN_ROUTES else "other"
        scope.setdefault("state", {})["noted"] = noted
        started = time.perf_counter()
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                noted.status = message["status"]
                out = MutableHeaders(raw=message["headers"])
                out["X-Request-Id"] = noted.request_id
                if self._drain.draining:
                    # The caller's next request goes to a front that stays.
                    out["Connection"] = "close"
            await send(message)

        self._in_flight += 1
        self._metrics.in_flight.set(self._in_flight)
        try:
            await self._pass(scope, receive, answer, headers, route, noted)
        except RequestRefused as refused:
            noted.why = str(refused)
            await problem(refused.status, str(refused), noted.request_id, refused.headers)(
                scope, receive, answer
            )
        except Exception as error:
            defects.exception("request %s", noted.request_id)
            noted.why = type(error).__name__
            if not begun:
                sentence = "this front has a defect; its log has it under the request's id"
                await problem(500, sentence, noted.request_id, {})(scope, receive, answer)
        finally:
            self._in_flight -= 1
            self._metrics.in_flight.set(self._in_flight)
            self._note(scope, route, noted, time.perf_counter() - started)

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, route: str, noted: Noted
    ) -> None:
        if route in OPEN_ROUTES:
            await self._app(scope, receive, send)
            return
        if self._in_flight > self._limits.in_flight:
            raise RequestRefused(
                503, "this front answers as many requests as it may; ask again", {"Retry-After": "1"}
            )
        noted.caller = await self._callers.name(headers.get("x-api-key"), headers.get("authorization"))
        if not await self._limiter.hit(self._rate, noted.caller):
            reset, _ = await self._limiter.get_window_stats(self._rate, noted.caller)
            wait = max(1, round(reset - time.time()))
            raise RequestRefused(
                429,
                f"more than {self._limits.requests_per_minute} requests in a minute; "
                f"ask again in {wait} s, and several customers at once",
                {"Retry-After": str(wait)},
            )
        await self._app(scope, _once(await self._body(receive, headers)), send)

    async def _body(self, receive: Receive, headers: Headers) -> bytes:
        """The request's body, whole. Raises RequestRefused."""
        most = self._limits.body_bytes
        # What is not read to its end must not be taken for the next request.
        ends = {"Connection": "close"}
        too_large = RequestRefused(413, f"the body has more than {most} bytes; send less at a time", ends)
        said = headers.get("content-length", "0")
        if said.isdecimal() and int(said[:20]) > most:
            raise too_large
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._receive_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RequestRefused(400, "the caller went away before its request was whole")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise too_large
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            raise RequestRefused(
                408, f"the request had not come whole after {self._receive_s:g} s", ends
            ) from None

    def _note(self, scope: Scope, route: str, noted: Noted, seconds: float) -> None:
        self._metrics.requests.labels(route, str(noted.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if route in OPEN_ROUTES:
            return
        line = {
            "request_id": noted.request_id,
            "method": scope["method"],
            "route": route,
            "caller": noted.caller,
            "status": noted.status,
            "ms": round(seconds * 1000, 1),
        }
        access.info("%s", json.dumps(line | ({"why": noted.why} if noted.why else {})))


def _once(body: bytes) -> Receive:
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            # Nothing of ours waits for the caller to go away.
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
