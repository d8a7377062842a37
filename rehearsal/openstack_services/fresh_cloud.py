"""The databases of a cloud that nobody has used yet: made once by user, kept as an archive."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rehearsal.openstack_services import configuration
from rehearsal.openstack_services.environment import LOCK, ServicesError, variables
from rehearsal.openstack_services.layout import (
    ACCESS,
    ADMIN,
    CATALOGUE,
    LISTENERS,
    PASSWORD,
    PROJECT,
    USER,
    Layout,
)
from rehearsal.programs import cache
from rehearsal.programs.progress import Progress

INSIDE: Final = Path(__file__).with_name("inside")
REGION: Final = "region"
"""The name of the region in the archive; a rehearsal's own takes its place."""
_ARCHIVE: Final = "fresh-cloud.tar.gz"
_MADE_BY: Final = (
    LOCK,
    Path(__file__),
    INSIDE / "tables.py",
    INSIDE / "tenants.py",
)
_AT_A_TIME: Final = 2


def kept() -> Path:
    """Where the archive lies, made or not."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in _MADE_BY)).hexdigest()[:16]
    return cache.entry("openstack-services", f"fresh-cloud-{digest}") / _ARCHIVE


def ensure(environment: Path, progress: Progress | None = None) -> Path:
    """The archive, made unless it is there. Raises ServicesError."""
    place = kept().parent
    if not place.is_dir():
        with progress or Progress() as shown:
            cache.ensure(
                place,
                lambda folder: _make(folder, environment, shown),
                waiting=lambda: shown.phase("Another process is making the fresh cloud, waiting for it"),
            )
    return place / _ARCHIVE


def place(archive: Path, layout: Layout, ports: Mapping[str, int], region: str) -> None:
    """Have a cloud in ``layout``: the one that is there, else a fresh one; its catalogue on these ports."""
    if not layout.cloud.is_dir():
        layout.folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".cloud-", dir=layout.folder))
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(aside, filter="data")
            for keys in ("fernet", "credentials"):
                (aside / keys).chmod(0o700)
            aside.rename(layout.cloud)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    for database in layout.database("keystone").parent.glob(layout.database("*").name):
        _let_read_beside_writing(database)
    _point(layout.database("keystone"), ports, region)


def _let_read_beside_writing(database: Path) -> None:
    """Let no reader lock a writer out: Magnum's API leaves a list of templates open (magnum 23.0.0; seen)."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _point(database: Path, ports: Mapping[str, int], region: str) -> None:
    """Let the catalogue say where the services listen now, which a copied database cannot know."""
    connection = sqlite3.connect(database)
    with connection:
        for name, (type, path) in CATALOGUE.items():
            connection.execute(
                "UPDATE endpoint SET url = ?, region_id = ? "
                "WHERE service_id = (SELECT id FROM service WHERE type = ?)",
                (f"http://127.0.0.1:{ports[name]}{path}", region, type),
            )
        connection.execute("UPDATE region SET id = ?", (region,))
    connection.close()


def _make(folder: Path, environment: Path, progress: Progress) -> None:
    progress.phase("Making a fresh OpenStack cloud, once (about a minute)")
    with tempfile.TemporaryDirectory(prefix="isthmus-cloud-") as made:
        layout = Layout(Path(made))
        ports = {name: number for number, name in enumerate(LISTENERS, start=1)}
        configuration.write(layout, ports, environment)
        for name in ("fernet", "credentials", "images", "staging", "locks", "swift/disk"):
            (layout.cloud / name).mkdir(parents=True, mode=0o700)
        steps = dict(_steps(layout, environment))
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            # Nova, whose history is the longest, first.
            done = {name: pool.submit(_follow, name, commands) for name, commands in steps.items()}
            for number, result in enumerate(done.values(), start=1):
                result.result()
                progress.at(f"{number} of {len(done)} services")
        with tarfile.open(folder / _ARCHIVE, "w:gz") as packed:
            packed.add(layout.cloud, arcname=".")


def _steps(layout: Layout, environment: Path) -> Iterator[tuple[str, list[tuple[list[str], str]]]]:
    """By service, commands with what they read; each service's in this order."""

    def tool(name: str, configuration_file: str, *arguments: str) -> tuple[list[str], str]:
        script = [str(environment / "bin" / "python"), str(environment / "bin" / name)]
        return [*script, "--config-file", str(layout.etc / configuration_file), *arguments], ""

    def ours(script: str, *arguments: str, reading: str = "") -> tuple[list[str], str]:
        return [str(environment / "bin" / "python"), "-P", str(INSIDE / script), *arguments], reading

    def url(name: str) -> str:
        return f"sqlite:///{layout.database(name)}"

    yield (
        "nova",
        [
            tool("nova-manage", "nova.conf", "api_db", "sync"),
            tool("nova-manage", "nova.conf", "db", "sync", "--local_cell"),
            tool("nova-manage", "nova.conf", "cell_v2", "map_cell0", "--database_connection", url("nova")),
        ],
    )
    tenants = {
        "admin": ADMIN,
        "password": PASSWORD,
        "region": REGION,
        "services": {name: [type, f"http://127.0.0.1{path}"] for name, (type, path) in CATALOGUE.items()},
        "project": PROJECT,
        "user": USER,
        "access": ACCESS,
    }
    myself = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
    yield (
        "keystone",
        [
            tool("keystone-manage", "keystone.conf", "db_sync"),
            tool("keystone-manage", "keystone.conf", "fernet_setup", *myself),
            tool("keystone-manage", "keystone.conf", "credential_setup", *myself),
            ours("tenants.py", str(layout.etc / "keystone.conf"), reading=json.dumps(tenants)),
        ],
    )
    yield (
        "barbican",
        [
            (
                [
                    *tool("barbican-manage", "barbican.conf")[0][:2],
                    "db",
                    "upgrade",
                    "--db-url",
                    url("barbican"),
                ],
                "",
            )
        ],
    )
    yield "glance", [tool("glance-manage", "glance-api.conf", "db_sync")]
    yield "neutron", [ours("tables.py", "neutron", url("neutron"))]
    yield "magnum", [ours("tables.py", "magnum", url("magnum"))]


def _follow(name: str, commands: list[tuple[list[str], str]]) -> None:
    for command, reading in commands:
        done = subprocess.run(
            command,
            input=reading,
            capture_output=True,
            text=True,
            check=False,
            env=variables(),
        )
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
            raise ServicesError(
                f"No fresh OpenStack cloud: `{' '.join(Path(part).name for part in command[1:])}` of {name} "
                f"ended with {done.returncode} ({said}). Run the same command again; if it stays, remove "
                f"{command[0].rpartition('/bin/')[0]}."
            )
