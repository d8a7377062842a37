"""``python -m rehearsal.drills.load.caller``: asks a front all the time, and notes what came of it.

A process of its own: what else the drill does must not slow it down. ``--at-once`` questions are always under
way (how much can be answered), or ``--rate`` questions begin a second, whatever becomes of those before (what
callers on the internet do).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

import aiohttp

PATIENCE_S: Final = 10.0
"""A caller waits no longer; then its question has failed."""
COUNT: Final = 10


@dataclass(frozen=True)
class Asked:
    """One question."""

    at: float
    """When it was to begin, in POSIX seconds."""
    ms: float
    failed: str = ""
    """Why; "" where it was answered."""
    answered_from: str = ""
    """``model`` or ``popular``."""


def read(file: Path) -> list[Asked]:
    """What a caller has noted, without a line that is not whole yet."""
    whole = file.read_text().rpartition("\n")[0]
    return [Asked(**json.loads(line)) for line in whole.splitlines()]


class Caller:
    """Asks for one customer after the other."""

    def __init__(self, url: str, customers: Sequence[str], notes: TextIO) -> None:
        self._url, self._notes = url, notes
        self._customers = itertools.cycle(customers)
        self._ends = asyncio.Event()

    async def run(self, rate: float, at_once: int) -> None:
        """Ask until SIGTERM, then wait for what is under way."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._ends.set)
        # Shorter than the front's own time for a connection that is not used, as with any server.
        connections = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
        time_out = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(connector=connections, timeout=time_out) as session:
            if at_once:
                await asyncio.gather(*(self._again_and_again(session) for _ in range(at_once)))
            else:
                await self._at_a_rate(session, rate)

    async def _again_and_again(self, session: aiohttp.ClientSession) -> None:
        while not self._ends.is_set():
            await self._ask(session, time.time())

    async def _at_a_rate(self, session: aiohttp.ClientSession, rate: float) -> None:
        under_way: set[asyncio.Task[None]] = set()
        began = time.time()
        for number in itertools.count():
            due = began + number / rate
            while (wait := due - time.time()) > 0 and not self._ends.is_set():
                await asyncio.sleep(min(wait, 0.1))
            if self._ends.is_set():
                break
            task = asyncio.create_task(self._ask(session, due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _ask(self, session: aiohttp.ClientSession, due: float) -> None:
        question = {"customer": next(self._customers), "count": COUNT}
        failed, source = "", ""
        try:
            async with session.post(f"{self._url}/v1/recommendations", json=question) as answer:
                told = await answer.json(content_type=None)
                if answer.status != 200:
                    failed = f"{answer.status}: {told.get('detail', '')}"
                else:
                    source = told["from"]
                    (one,) = told["answers"]
                    failed = "" if len(one["products"]) == COUNT else f"{len(one['products'])} products"
        except (TimeoutError, aiohttp.ClientError, ValueError, KeyError) as error:
            failed = f"{type(error).__name__}: {error}"
        # From when it was to begin: a caller that is late because answers are is not let off.
        noted = Asked(due, (time.time() - due) * 1000, failed, source)
        self._notes.write(json.dumps(asdict(noted)) + "\n")
        self._notes.flush()


def main() -> None:
    """Ask until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("customers", type=Path, help="a file of pseudonyms, one a line")
    parser.add_argument("notes", type=Path)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--at-once", type=int, default=0)
    given = parser.parse_args()
    customers = given.customers.read_text().split()
    with given.notes.open("w") as notes:
        asyncio.run(Caller(given.url, customers, notes).run(given.rate, given.at_once))


if __name__ == "__main__":
    main()
