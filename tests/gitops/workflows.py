"""The workflows as the forges read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
FILES: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB: Final = ROOT / ".gitlab-ci.yml"


def read(file: Path) -> dict[Any, Any]:
    """A workflow; ``on`` is a truth value to YAML 1.1."""
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def jobs(file: Path) -> Mapping[str, dict[str, Any]]:
    """Its jobs by name."""
    return dict(read(file)["jobs"])


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in jobs(file).values():
        yield from job.get("steps", ())


def shell(name: str, step: str) -> str:
    """What a named step of a workflow runs, as it is written."""
    file = ROOT / ".github" / "workflows" / f"{name}.yml"
    (found,) = (each["run"] for each in steps(file) if each.get("name") == step)
    return str(found)
