"""The spool of feedback: lines that are on the disk before they are acknowledged, for a store to take.

A file is filled under a name that begins with a dot, and gets its own (``feedback-*.jsonl``) when it is
finished; whoever takes a finished file removes it. What a killed front was filling the next one finishes.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from isthmus.errors import IsthmusError
from isthmus.os_errors import as_sentence
from serving.front.settings import SpoolSettings

logger = logging.getLogger(__name__)
OPEN, FINISHED = ".filling-", "feedback-"
LOOK_S = 1.0
"""How often the folder's size is looked at."""


class SpoolFull(IsthmusError):
    """More waits in the spool than its settings allow."""


class SpoolFailed(IsthmusError):
    """The disk did not take what was to be written."""


class Spool:
    """One process's way into a folder of spooled lines; several processes may share the folder."""

    def __init__(self, settings: SpoolSettings) -> None:
        self._settings = settings
        self._folder = Path(settings.folder)
        self._file: IO[bytes] | None = None
        self._begun = 0.0
        self._lock = asyncio.Lock()
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._looked = float("-inf")
        self.size = 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.glob(f"{OPEN}*"):
                _finish_abandoned(path)
        except OSError as error:
            raise _failed(error) from None

    def lines(self) -> list[bytes]:
        """What waits in finished files, the newest last; for a start that wants to know what was seen."""
        found: list[bytes] = []
        for path in sorted(self._folder.glob(f"{FINISHED}*.jsonl")):
            try:
                found += path.read_bytes().splitlines()
            except FileNotFoundError:
                continue  # taken just now
        return found

    def look(self) -> None:
        """See how much waits: others take files away."""
        self.size = sum(_size(path) for path in self._folder.glob("*.jsonl"))
        self.size += sum(_size(path) for path in self._folder.glob(f"{OPEN}*"))
        self._looked = time.monotonic()

    async def add(self, lines: bytes) -> None:
        """Write whole lines; they are on the disk when this returns. Raises SpoolFull, SpoolFailed."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((lines, written))
        async with self._lock:
            # Who comes first writes for all who came meanwhile: one sync of the disk for many requests.
            if some := self._waiting:
                self._waiting = []
                await self._write_for(some)
        await written

    async def tick(self) -> None:
        """Finish a file that is old enough."""
        async with self._lock:
            if self._file is not None and time.monotonic() - self._begun >= self._settings.file_s:
                await asyncio.to_thread(self._finish)

    async def close(self) -> None:
        """Finish the file."""
        async with self._lock:
            await asyncio.to_thread(self._finish)

    async def _write_for(self, some: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        try:
            # A caller that goes away does not take the others' lines along.
            await asyncio.shield(asyncio.to_thread(self._write, b"".join(lines for lines, _ in some)))
        except IsthmusError as error:
            for _, written in some:
                if not written.done():
                    written.set_exception(error)
                    written.exception()  # its own request may be gone
        else:
            for _, written in some:
                if not written.done():
                    written.set_result(None)

    def _write(self, lines: bytes) -> None:
        try:
            if time.monotonic() - self._looked >= LOOK_S:
                self.look()
            if self.size + len(lines) > self._settings.most_bytes:
                raise SpoolFull(
                    f"{self.size} bytes of feedback wait in the spool, of {self._settings.most_bytes} at "
                    "most; send the events again later, by the same key"
                )
            file = self._file or self._begin()
            before = file.tell()
            try:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Half a line must not stand before the next one.
                file.seek(before)
                file.truncate()
                raise
            self.size += len(lines)
            if file.tell() >= self._settings.file_bytes:
                self._finish()
        except OSError as error:
            raise _failed(error) from None

    def _begin(self) -> IO[bytes]:
        path = self._folder / f"{OPEN}{secrets.token_hex(8)}"
        file = path.open("xb", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        self._file, self._begun = file, time.monotonic()
        return file

    def _finish(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            _name(Path(file.name))
            file.close()


def _finish_abandoned(path: Path) -> None:
    """Finish what a process was filling that is gone: its lock went with it."""
    try:
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            content = file.read()
            whole = content.rfind(b"\n") + 1
            file.truncate(whole)
            os.fsync(file.fileno())
            if whole:
                _name(path)
            else:
                path.unlink()
    except FileNotFoundError:
        return  # another process was quicker
    logger.warning("finished what an earlier front left in %s", path.name)


def _name(path: Path) -> None:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path.rename(path.with_name(f"{FINISHED}{now}-{path.name.removeprefix(OPEN)}.jsonl"))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _failed(error: OSError) -> SpoolFailed:
    return SpoolFailed(
        f"the spool cannot be written ({as_sentence(error) or error}); send the events again later"
    )
