"""Empty environments with a wheel of this tree and one of its extras, in the versions of the lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installer:
    """The wheels of both distributions, and what the lock says of all others."""

    uv: str
    wheels: Path
    lock: Path

    def install(self, what: str, folder: Path) -> Path:
        """The Python of a new environment with a distribution (and an extra) of ours."""
        _run(self.uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        python = folder / "bin" / "python"
        _run(
            *(self.uv, "pip", "install", "--quiet", "--python", str(python), "--constraint", str(self.lock)),
            *("--find-links", str(self.wheels), what),
        )
        return python


def made(folder: Path) -> Installer:
    """Build both wheels; skips the test where there is no uv."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("no uv on PATH: make test has one")
    wheels, lock = folder / "wheels", folder / "lock.txt"
    _run(uv, "build", "--quiet", "--wheel", "--all-packages", "--out-dir", str(wheels), str(ROOT))
    _run(
        *(uv, "export", "--quiet", "--project", str(ROOT), "--frozen", "--extra", "all", "--no-dev"),
        *("--no-emit-workspace", "--no-hashes", "--output-file", str(lock)),
    )
    return Installer(uv, wheels, lock)


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python away from this tree."""
    return _outside(python.parents[1], str(python), *arguments)


def isthmus(python: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the environment's own command."""
    return _outside(cwd or python.parents[1], str(python.with_name("isthmus")), *arguments)


def _outside(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(command, cwd=cwd, env=plain, capture_output=True, text=True, check=False)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
