"""A front and its callers, as processes of their own, and what was seen in a span of time."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from rehearsal.drills.drill import DrillFailed
from rehearsal.drills.load.caller import Asked, read

_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 30.0
# What the front counts, and the words of the table.
_COUNTED: Final = {
    "hedged": "front_hedged_total",
    "tried again": "front_site_failures_total",
}


@dataclass(frozen=True)
class Seen:
    """What callers saw while something happened."""

    what: str
    asked: int
    failed: int
    first_failure: str
    from_model: int
    fell_back: int
    hedged: int
    tried_again: int
    p50_ms: float
    p99_ms: float

    COLUMNS = ("While", "Asked", "Failed", "Model", "Hedged", "Retried", "Fell back", "p50 ms", "p99 ms")

    @property
    def row(self) -> tuple[str, ...]:
        """A row of the table."""
        counts = (self.asked, self.failed, self.from_model, self.hedged, self.tried_again, self.fell_back)
        return (self.what, *map(str, counts), f"{self.p50_ms:.1f}", f"{self.p99_ms:.0f}")


@contextmanager
def front(urls: Sequence[str], folder: Path) -> Iterator[str]:
    """``isthmus front run`` before these Triton servers; its address."""
    command = [sys.executable, "-m", "isthmus.cli.main", "front", "run", "--anonymous", "--port", "0"]
    settings = folder / "front.yaml"
    # One caller asks for all: what is one caller's limit elsewhere must not be in the way.
    settings.write_text("limits: {requests_per_minute: 10000000}\n")
    command += ["--settings", str(settings), *(f"--triton={url}" for url in urls)]
    log = folder / "front.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            yield _address(log, process)
        finally:
            process.kill()
            process.wait()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"^front: (\S+)", log.read_text(), re.MULTILINE):
            address = found[1]
            with httpx.Client(trust_env=False) as client:
                if _is_ready(client, address):
                    return address
        time.sleep(0.1)
    raise DrillFailed(f"the front does not come up: {log.read_text()[-2000:]}")


def _is_ready(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False


class Callers:
    """The process that asks."""

    def __init__(self, url: str, customers: Path, folder: Path) -> None:
        self._url, self._customers, self._folder = url, customers, folder
        self._number = 0

    def most(self, at_once: int, seconds: float) -> float:
        """Answers a second where ``at_once`` questions are always under way."""
        with self._asking("--at-once", str(at_once)) as notes:
            time.sleep(seconds + 1)
        asked = [one for one in read(notes) if not one.failed]
        if len(asked) < 2:
            raise DrillFailed(f"the front answers nothing: {[one.failed for one in read(notes)][:3]}")
        # Without the first second, in which connections are made.
        begun = asked[0].at + 1
        late = [one for one in asked if one.at >= begun]
        return len(late) / max(one.at + one.ms / 1000 - begun for one in late)

    @contextmanager
    def at(self, rate: float) -> Iterator[Watch]:
        """Ask at a rate for the time of the block."""
        with self._asking("--rate", str(rate)) as notes:
            yield Watch(self._url, notes)

    @contextmanager
    def _asking(self, *how: str) -> Iterator[Path]:
        self._number += 1
        notes = self._folder / f"asked-{self._number}.jsonl"
        notes.touch()
        command = [sys.executable, "-m", "rehearsal.drills.load.caller", self._url, str(self._customers)]
        process = subprocess.Popen([*command, str(notes), *how])
        try:
            yield notes
            process.terminate()
            process.wait(_END_SECONDS)
        finally:
            process.kill()
            process.wait()


class Watch:
    """What is noted while callers ask."""

    def __init__(self, url: str, notes: Path) -> None:
        self._url, self._notes = url, notes

    @contextmanager
    def during(self, what: str, into: list[Seen]) -> Iterator[None]:
        """Add to ``into`` what was seen in the block, of questions that began in it."""
        began, before = time.time(), self._counted()
        yield
        ended = time.time()
        after = self._counted()
        time.sleep(1.5)  # the last of them are answered
        asked = [one for one in read(self._notes) if began <= one.at < ended]
        into.append(_seen(what, asked, after - before))

    def _counted(self) -> Counter[str]:
        with httpx.Client(trust_env=False, timeout=30) as client:
            text = client.get(f"{self._url}/metrics").text
        found: Counter[str] = Counter()
        for word, name in _COUNTED.items():
            for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE):
                found[word] += int(float(value))
        return found


def _seen(what: str, asked: Sequence[Asked], counted: Counter[str]) -> Seen:
    if not asked:
        raise DrillFailed(f"nothing was asked while: {what}")
    failures = [one.failed for one in asked if one.failed]
    quantiles = statistics.quantiles([one.ms for one in asked], n=100)
    sources = Counter(one.answered_from for one in asked if not one.failed)
    return Seen(
        what,
        len(asked),
        len(failures),
        failures[0] if failures else "",
        sources["model"],
        sources["popular"],
        counted["hedged"],
        counted["tried again"],
        quantiles[49],
        quantiles[98],
    )


__all__ = ["Callers", "Seen", "Watch", "front"]
