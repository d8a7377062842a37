"""A scanner of PyPI at a pinned version, run by uv outside of this project's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml

ACCEPTED: Final = Path(__file__).with_name("accepted.yaml")


@dataclass(frozen=True)
class Scanner:
    """What uv installs and runs; its pins would not go together with ours."""

    name: str
    version: str

    def run(self, folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Its output; a finding is no failure. Raises AssertionError where it could not be installed."""
        uv = os.environ.get("UV") or shutil.which("uv")
        assert uv, "uv is not on PATH: run `make scan`"
        pinned = f"{self.name}=={self.version}"
        done = subprocess.run(
            [uv, "tool", "run", "--python", "3.11", "--from", pinned, self.name, *arguments],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip(), f"{self.name} said nothing: {done.stderr[-2000:]}"
        return done.stdout


@dataclass(frozen=True, order=True)
class Found:
    """A check that something did not pass."""

    check: str
    resource: str


def held(scanner: Scanner, found: set[Found]) -> tuple[list[Found], list[str]]:
    """What is found and not accepted, and what is accepted and was not found."""
    accepted: dict[str, dict[str, Any]] = yaml.safe_load(ACCEPTED.read_text())[scanner.name]

    def is_accepted(one: Found) -> bool:
        names = accepted.get(one.check, {}).get("resources", ())
        return any(fnmatchcase(one.resource, name) for name in names)

    unused = [
        f"{check} of {name}"
        for check, said in accepted.items()
        for name in said["resources"]
        if not any(one.check == check and fnmatchcase(one.resource, name) for one in found)
    ]
    return sorted(one for one in found if not is_accepted(one)), unused


__all__ = ["ACCEPTED", "Found", "Scanner", "held"]
