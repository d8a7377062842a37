"""The ports that a rehearsal stands on: found once, kept in its home, claimed among all homes of this user.

A stack file says which ports are wished. Where one of them is taken, by a program or by the rehearsal of
another clone, another is found; the stack file itself is never written (see ``rehearsal.stack_copy``).
"""

from __future__ import annotations

import hashlib
import os
import random
import socket
import time
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from isthmus.errors import IsthmusError
from rehearsal import json_files
from rehearsal.claims import folder as claims_of
from rehearsal.home import VARIABLE, Home

RECORD: Final = "ports.json"
_ENDING_SECONDS: Final = 2.0
_UNKNOWN_SECONDS: Final = 20.0
"""As long as a busy machine may take to end a process that was killed."""
_UNKNOWN: Final = "a program of another user"


class PortsTaken(IsthmusError):
    """Ports that a standing rehearsal needs are in use by other programs; the message names all of them."""


@dataclass(frozen=True)
class Wish:
    """``count`` ports in a row from ``first`` on; ``what`` is said of them to a person."""

    first: int
    what: str
    count: int = 1


def found(home: Home, wishes: Mapping[str, Wish], *, standing: bool) -> dict[str, int]:
    """The first port given to each wish: the wished one where it is free, else one that is; then kept.

    Args:
        home: whose ports.
        wishes: by setting, such as ``aws.endpoint_url``. A changed wish is given a port anew.
        standing: whether an estate stands on the ports that were given; then none of them is exchanged.

    Raises PortsTaken where it stands and another program has one of its ports.
    """
    with FileLock(_claims() / "lock", timeout=60):
        kept = _kept(home)
        assigned = {
            name: int(kept[name]["given"]) for name, wish in wishes.items() if _answers(kept.get(name), wish)
        }
        taken = _Taken.by_others(home)
        if standing:
            _refuse(home, {name: wishes[name] for name in assigned}, assigned, taken)
        else:
            assigned = {
                name: port for name, port in assigned.items() if not taken.any(port, wishes[name].count)
            }
        claimed = set(_claimed_by_others(home))
        for name, wish in wishes.items():
            if name in assigned:
                continue
            spoken_for = claimed | {
                port + step for other, port in assigned.items() for step in range(wishes[other].count)
            }
            wished = range(wish.first, wish.first + wish.count)
            free = not spoken_for & set(wished) and not taken.any(wish.first, wish.count)
            assigned[name] = wish.first if free else free_ports(wish.count, spoken_for)
        record = {
            name: {"wished": wish.first, "count": wish.count, "given": assigned[name]}
            for name, wish in wishes.items()
        }
        if record != kept:
            json_files.write(home.root / RECORD, record)
        json_files.write(_claim(home), str(home.root.resolve()))
    return assigned


def release(home: Home) -> None:
    """Forget the ports of a rehearsal that has ended."""
    with FileLock(_claims() / "lock", timeout=60):
        (home.root / RECORD).unlink(missing_ok=True)
        _claim(home).unlink(missing_ok=True)


def free_ports(count: int, besides: Container[int] = ()) -> int:
    """The first of ``count`` ports in a row that nobody listens on or was given, below the kernel's own.

    Args:
        count: how many.
        besides: ports that are spoken for.
    """
    given = {port for claim in _claims().glob("*.json") for port in _given(_claimant(claim))}
    for _ in range(200):
        first = random.randrange(20_000, 30_000)  # noqa: S311 - no secret
        if all(
            port not in besides and port not in given and is_free(port)
            for port in range(first, first + count)
        ):
            return first
    raise RuntimeError("no free ports between 20000 and 30000")


def is_free(port: int) -> bool:
    """Whether nobody listens on a port, on any address of this machine."""
    with socket.socket() as probe:
        # Connections that have just ended would hold a port for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class _Taken:
    """Which ports other programs listen on; asked port by port where the kernel tells nobody's."""

    listeners: Mapping[int, str] | None
    ours: frozenset[int] = frozenset()

    @classmethod
    def by_others(cls, home: Home) -> _Taken:
        import psutil

        listeners: dict[int, str] = {}
        ours: set[int] = set()
        try:
            connections = psutil.net_connections("tcp")
        except (psutil.Error, OSError):
            return cls(None)
        for connection in connections:
            if connection.status == psutil.CONN_LISTEN and connection.laddr:
                port = connection.laddr[1]
                name = _name_unless_of(home, connection.pid)
                if name is None:
                    ours.add(port)
                else:
                    listeners[port] = name
        return cls(listeners, frozenset(ours))

    def any(self, first: int, count: int) -> bool:
        return any(self.who(port) is not None for port in range(first, first + count))

    def who(self, port: int) -> str | None:
        """Who listens, as a person would be told; None where nobody does, or a process of the rehearsal."""
        if self.listeners is None:
            return None if is_free(port) else "another program"
        return self.listeners.get(port)


def _name_unless_of(home: Home, pid: int | None) -> str | None:
    """A process for a person; None where it is one of this rehearsal."""
    import psutil

    if pid is None:
        return _UNKNOWN
    try:
        process = psutil.Process(pid)
        name = f"process {pid}, {process.name()}"
        if process.environ().get(VARIABLE) == str(home.root):
            return None
        if Path(process.cwd()).is_relative_to(home.root.resolve()):
            return None
    except psutil.Error:
        return f"process {pid}"
    return name


def _refuse(home: Home, wishes: Mapping[str, Wish], assigned: Mapping[str, int], taken: _Taken) -> None:
    began = time.monotonic()
    # Of a process that is ending the kernel tells no owner any more, while its port is still held.
    while conflicts := _conflicts(wishes, assigned, taken):
        unknown = any(_UNKNOWN in conflict for conflict in conflicts)
        if time.monotonic() - began > (_UNKNOWN_SECONDS if unknown else _ENDING_SECONDS):
            break
        time.sleep(0.1)
        taken = _Taken.by_others(home)
    if conflicts:
        are, them = ("is", "it") if len(conflicts) == 1 else ("are", "them")
        raise PortsTaken(
            f"{_listed(conflicts)} {are} taken by other programs, and the rehearsal "
            f"in {home.root} stands on {them}: end those programs, or run "
            "`isthmus down --force`, after which the next up finds other ports."
        )


def _conflicts(wishes: Mapping[str, Wish], assigned: Mapping[str, int], taken: _Taken) -> list[str]:
    return [
        f"127.0.0.1:{port} ({wish.what}; {who})"
        for name, wish in wishes.items()
        for port in range(assigned[name], assigned[name] + wish.count)
        if (who := taken.who(port)) is not None
    ]


def _listed(conflicts: list[str]) -> str:
    return conflicts[0] if len(conflicts) == 1 else f"{', '.join(conflicts[:-1])} and {conflicts[-1]}"


def _answers(entry: Mapping[str, int] | None, wish: Wish) -> bool:
    return entry is not None and entry["wished"] == wish.first and entry["count"] >= wish.count


def _kept(home: Home) -> dict[str, dict[str, int]]:
    return dict(json_files.read(home.root / RECORD) or {})


def _claims() -> Path:
    return claims_of("ports")


def _claim(home: Home) -> Path:
    return _claims() / f"{hashlib.sha256(str(home.root.resolve()).encode()).hexdigest()[:16]}.json"


def _claimed_by_others(home: Home) -> Iterator[int]:
    """Ports that other homes of this user were given, listened on or not."""
    mine = _claim(home)
    for claim in _claims().glob("*.json"):
        if claim == mine:
            continue
        other = _claimant(claim)
        if not _kept(other):
            claim.unlink(missing_ok=True)  # its home was removed by hand
        yield from _given(other)


def _claimant(claim: Path) -> Home:
    return Home(Path(json_files.read(claim) or os.devnull))


def _given(home: Home) -> Iterator[int]:
    for entry in _kept(home).values():
        yield from range(entry["given"], entry["given"] + entry["count"])
