"""Feedback becomes lines of the spool: once for each key, and with pseudonyms alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from serving.front.messages import Feedback, Received
from serving.front.metrics import Metrics
from serving.front.problems import RequestRefused
from serving.front.spool import Spool, SpoolFailed, SpoolFull

PSEUDONYM = re.compile(r"[0-9a-f]{32}")
REMEMBERED = 200_000
"""Keys by which a front knows a request again; a store goes by the ``id`` of each line."""


class FeedbackDesk:
    """Takes events in."""

    def __init__(self, spool: Spool | None, pseudonym: Callable[[str], str] | None, metrics: Metrics) -> None:
        self._spool, self._pseudonym, self._metrics = spool, pseudonym, metrics
        self._seen: OrderedDict[str, tuple[str, asyncio.Task[None] | None]] = OrderedDict()
        if spool is not None:
            self._remember(spool.lines())

    async def take(self, caller: str, feedback: Feedback) -> Received:
        """Write the events, where their key is new; they are on the disk when this returns.

        Raises:
            RequestRefused: there is no spool or no room in it, the key came with other events before, or a
                customer is no pseudonym where this front holds no key to make one.
        """
        if self._spool is None:
            raise RequestRefused(
                503, "this front has no spool, so it takes no feedback; its settings name one under spool"
            )
        request = hashlib.sha256(f"{caller}\0{feedback.key}".encode()).hexdigest()[:32]
        lines, content = self._lines(request, caller, feedback)
        before = self._seen.get(request)
        if before is not None and before[0] != content:
            raise RequestRefused(
                409, "the key came with other events before; take another key for other events"
            )
        task = before[1] if before is not None else None
        if before is None:
            # A request that is sent again while the first is being written waits for the same writing.
            task = asyncio.create_task(self._spool.add(lines))
            self._seen[request] = (content, task)
        if task is not None:
            await self._written(request, content, task)
        if before is None:
            for event in feedback.events:
                self._metrics.events.labels(event.event).inc()
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return Received(events=len(feedback.events), repeated=before is not None)

    async def _written(self, request: str, content: str, task: asyncio.Task[None]) -> None:
        try:
            await asyncio.shield(task)
        except (SpoolFull, SpoolFailed) as error:
            self._seen.pop(request, None)
            raise RequestRefused(503, str(error), {"Retry-After": "10"}) from None
        if request in self._seen:
            self._seen[request] = (content, None)

    def _lines(self, request: str, caller: str, feedback: Feedback) -> tuple[bytes, str]:
        """The lines, and a digest of all in them that the caller wrote."""
        received = datetime.now(UTC).isoformat(timespec="milliseconds")
        lines: list[str] = []
        digest = hashlib.sha256()
        for number, event in enumerate(feedback.events):
            said: dict[str, Any] = {
                "event": event.event,
                "customer": self._named(event.customer),
                "product": event.product,
                "at": event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "rank": event.rank,
                "release": event.release,
            }
            digest.update(json.dumps(said, sort_keys=True).encode())
            lines.append(
                json.dumps({"id": f"{request}-{number}", **said, "caller": caller, "received": received})
            )
        content = digest.hexdigest()
        return "".join(f"{line}\n" for line in lines).encode(), content

    def _named(self, customer: str) -> str:
        if self._pseudonym is not None:
            return self._pseudonym(customer)
        if PSEUDONYM.fullmatch(customer) is None:
            raise RequestRefused(
                422,
                "a customer is no pseudonym (32 hexadecimal digits), and this front has no key to make one; "
                "feedback is never kept under a customer's own id",
            )
        return customer

    def _remember(self, lines: list[bytes]) -> None:
        """Know again what waits in the spool, as after a restart."""
        said: dict[str, Any] = {}
        contents: OrderedDict[str, Any] = OrderedDict()
        for line in lines[-REMEMBERED:]:
            try:
                said = json.loads(line)
                request = str(said["id"]).rpartition("-")[0]
                own = {name: said[name] for name in ("event", "customer", "product", "at", "rank", "release")}
            except (ValueError, KeyError, TypeError):
                continue
            digest = contents.setdefault(request, hashlib.sha256())
            digest.update(json.dumps(own, sort_keys=True).encode())
        for request, digest in contents.items():
            self._seen[request] = (digest.hexdigest(), None)
