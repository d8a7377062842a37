"""The services' own Python environment, in the user's cache: by its lock, complete or absent."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError
from rehearsal.programs import cache
from rehearsal.programs.progress import Progress

LOCK: Final = Path(__file__).with_name("requirements.txt")


class ServicesError(IsthmusError):
    """The services of the rehearsed private site cannot be had; the message says why and what to do."""


def place() -> Path:
    """Where the environment of this lock and this Python lies, made or not."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return cache.entry("openstack-services", f"{digest}-{python}-{cache.machine()}")


def ensure(progress: Progress | None = None) -> Path:
    """The environment's folder, installed unless it is there. Raises ServicesError."""
    found = place()
    if found.is_dir():
        return found
    with progress or Progress() as shown:
        return cache.ensure(
            found,
            lambda folder: _install(folder, shown),
            waiting=lambda: shown.phase("Another process is installing the services, waiting for it"),
        )


def _install(folder: Path, progress: Progress) -> None:
    installer = uv()
    progress.phase("Installing the OpenStack services from PyPI (180 packages, about 350 MB)")
    # Relocatable: the folder is renamed when it is whole.
    _run(
        [
            installer,
            "venv",
            "--quiet",
            "--relocatable",
            "--allow-existing",
            "--python",
            sys.executable,
            str(folder),
        ]
    )
    python = folder / "bin" / "python"
    _run(
        [installer, "pip", "install", "--quiet", "--python", str(python), "--require-hashes",
         "--requirements", str(LOCK)]
    )  # fmt: skip


def variables() -> dict[str, str]:
    """The variables of a process of this environment: none that names a cloud, or modules of another Python.

    Bytecode is written whatever the user prefers: without it every start would compile all services.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTHON"))}
    return {**kept, "PYTHONWARNINGS": "ignore"}


def uv() -> str:
    """uv as the Makefile found it: named by it, on PATH, else in the user's cache."""
    kept = sorted(cache.entry("uv").glob("*/bin/uv"))
    for candidate in (os.environ.get("UV"), shutil.which("uv"), *(str(path) for path in reversed(kept))):
        if candidate and Path(candidate).is_file():
            return candidate
    raise ServicesError(
        "The OpenStack services are installed by uv, and there is none on PATH: run `make setup`, or install "
        "it (https://docs.astral.sh/uv)."
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServicesError(
            f"The OpenStack services cannot be installed: {_sentence(done.stderr) or done.returncode}; with "
            "the package registry in reach, the same command goes on."
        )


def _sentence(said: str) -> str:
    """What failed and what that came from: the first and the last line of uv's chain of causes."""
    lines = [re.sub(r"^(error|cause):\s*", "", line.strip()) for line in said.splitlines() if line.strip()]
    return ": ".join(dict.fromkeys(lines[:1] + lines[-1:]))
