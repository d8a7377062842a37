"""What a plugin made, so that a killed engine neither doubles nor orphans it.

The engine saves a resource in its state after the plugin has answered. Killed in between, it forgets what the
cloud now holds. The journal knows: every creation is noted as soon as the cloud has answered, every deletion
too, and ``known`` marks what the engine has shown to have in its state. A creation of a urn for which an
earlier session noted a resource that no state knows is that resource, made already.

On disk: JSON lines, appended under a lock, compacted aside and renamed. A line that a power cut tore is
skipped. Secrets never get here: callers leave out inputs that hold any.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any

import psutil
from filelock import FileLock, Timeout

from rehearsal.plugins.backend import Properties

_WAIT_SECONDS = 60.0
_SPARE_LINES = 200


@dataclass(frozen=True)
class Entry:
    """One resource that the cloud holds. ``known``: an engine's state has it.

    ``scope`` and ``instance`` are the backend's (``Backend.scope``, ``Backend.instance``).
    """

    urn: str
    id: str
    inputs: Properties
    session: str
    instance: str = ""
    known: bool = False
    scope: str = ""


class Journal:
    """The journal of one package in one home; several threads and processes use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "journal.jsonl"
        self.session = uuid.uuid4().hex
        self._lock = RLock()
        self._entries: dict[tuple[str, str], Entry] | None = None
        self._alive: FileLock | None = None

    def created(self, urn: str, id: str, inputs: Properties, instance: str = "", scope: str = "") -> None:
        """The cloud holds ``id`` now. Call it before anything is answered to the engine."""
        entry = Entry(urn, id, inputs, self.session, instance, scope=scope)
        self._append({"op": "created", **asdict(entry)})

    def known(self, urn: str, id: str, scope: str = "") -> None:
        """The engine named ``id`` for ``urn``: its state has it. Cheap when that is no news."""
        with self._lock:
            if any(not entry.known for entry in self._same(urn, id, scope)):
                self._append({"op": "known", "urn": urn, "id": id, "scope": scope})

    def deleted(self, urn: str, id: str, scope: str = "") -> None:
        with self._lock:
            if self._same(urn, id, scope):
                self._append({"op": "deleted", "urn": urn, "id": id, "scope": scope})

    def entry(self, urn: str, id: str, scope: str = "") -> Entry | None:
        """What was noted for this resource, also under an earlier urn (an alias)."""
        return next(iter(self._same(urn, id, scope)), None)

    def forgotten(self, urn: str) -> list[Entry]:
        """Resources that an earlier session made for ``urn`` and that no state knows, newest first."""
        self.begin()
        with self._lock:
            found = [e for e in self._loaded().values() if e.urn == urn]
            return [e for e in reversed(found) if not e.known and e.session != self.session]

    def entries(self) -> list[Entry]:
        """Everything noted and not deleted, oldest first."""
        with self._lock:
            return list(self._loaded().values())

    def begin(self) -> None:
        """Say that this session is at work, after plugins whose engine was killed have finished.

        Those may still be inside a call to the cloud whose result they are about to note. Raises
        TimeoutError when one does not end in time.
        """
        with self._lock:
            if self._alive is not None:
                return
            sessions = self.folder / "sessions"
            sessions.mkdir(parents=True, exist_ok=True)
            engine = os.getppid()
            for other in sorted(sessions.glob("*.lock")):
                _outlast(other, engine)
            mine = FileLock(sessions / f"{_process(engine)}-{self.session}.lock")
            mine.acquire()
            self._alive = mine
            self._entries = None

    def end(self) -> None:
        """Say that this session makes nothing more."""
        with self._lock:
            if self._alive is not None:
                path = Path(self._alive.lock_file)
                path.unlink(missing_ok=True)
                self._alive.release()
                self._alive = None

    def _same(self, urn: str, id: str, scope: str) -> list[Entry]:
        with self._lock:
            entries = self._loaded()
            return [entries[key] for key in _keys(entries, urn, id, scope)]

    def _loaded(self) -> dict[tuple[str, str], Entry]:
        if self._entries is None and not self.path.exists():
            self._entries = {}
        if self._entries is None:
            with self._file_lock():
                records = list(self._records())
                self._entries = {}
                for record in records:
                    _apply(self._entries, record)
                if len(records) > 2 * len(self._entries) + _SPARE_LINES:
                    self._compact(self._entries.values())
        return self._entries

    def _records(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                record = json.loads(line)
                if isinstance(record, dict) and {"op", "urn", "id"} <= record.keys():
                    yield record

    def _append(self, record: dict[str, Any]) -> None:
        with self._lock:
            self.begin()
            entries = self._loaded()
            with self._file_lock():
                torn = self.path.exists() and self.path.stat().st_size > 0 and not _ends_whole(self.path)
                descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(descriptor, (("\n" if torn else "") + json.dumps(record) + "\n").encode())
                finally:
                    os.close(descriptor)
            _apply(entries, record)

    def _compact(self, entries: Any) -> None:
        aside = self.path.with_suffix(f".{self.session}.tmp")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"op": "created", **asdict(entry)}) + "\n" for entry in entries)
        aside.replace(self.path)

    def _file_lock(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / "journal.lock", timeout=_WAIT_SECONDS)


def _apply(entries: dict[tuple[str, str], Entry], record: dict[str, Any]) -> None:
    urn, id = record["urn"], record["id"]
    if record["op"] == "created":
        entries.pop((urn, id), None)
        entries[urn, id] = Entry(
            urn,
            id,
            record.get("inputs", {}),
            record.get("session", ""),
            record.get("instance", ""),
            bool(record.get("known", False)),
            record.get("scope", ""),
        )
        return
    for key in _keys(entries, urn, id, record.get("scope", "")):
        if record["op"] == "known":
            entries[key] = replace(entries[key], known=True)
        elif record["op"] == "deleted":
            del entries[key]


def _keys(entries: Mapping[tuple[str, str], Entry], urn: str, id: str, scope: str) -> list[tuple[str, str]]:
    """The entries of a resource: under its urn, else under an earlier one.

    An alias moves a resource to another urn: stack, project, type and id say which it is, within a scope. Two
    clusters hold objects of the same type and id, and one of them is not the other under an earlier urn; nor
    is what a cluster made again holds that of the one before it.
    """
    if (urn, id) in entries:
        return [(urn, id)] if entries[urn, id].scope == scope else []
    kin = _kin(urn)
    return [
        key for key, entry in entries.items() if key[1] == id and entry.scope == scope and _kin(key[0]) == kin
    ]


def _kin(urn: str) -> tuple[str, str]:
    """Stack and project, and the resource's own type without those of its parents."""
    head, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
    project, _, rest = rest.partition("::")
    return f"{head}::{project}", rest.partition("::")[0].rpartition("$")[2]


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _process(pid: int) -> str:
    """A name for a process that a later one with the same pid does not have."""
    try:
        return f"{pid}-{int(psutil.Process(pid).create_time() * 1000)}"
    except psutil.NoSuchProcess:
        return f"{pid}-0"


def _outlast(session: Path, my_engine: int) -> None:
    pid, started, _ = session.stem.split("-", 2)
    lock = FileLock(session)
    try:
        # A session of a live engine is at work on another stack (the engine locks its own stack).
        alive = int(pid) == my_engine or _process(int(pid)) == f"{pid}-{started}"
        lock.acquire(timeout=0 if alive else _WAIT_SECONDS)
    except Timeout:
        if alive:
            return
        raise TimeoutError(
            f"a plugin of a killed engine (process {pid}) is still at work after {_WAIT_SECONDS:.0f} s; "
            f"end it or delete {session}"
        ) from None
    session.unlink(missing_ok=True)
    lock.release()


__all__ = ["Entry", "Journal"]
