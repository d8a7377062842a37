"""A Pulumi engine that the user has already."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rehearsal.engine import pin
from rehearsal.programs import cache
from rehearsal.programs.errors import Unavailable
from rehearsal.programs.versions import Version, dotted, numbers

# In the scripts that we write, so that they are never taken for the user's own.
MARK = "# written by isthmus"


def find(path: str | None = None) -> tuple[Path, str]:
    """The first compatible ``pulumi`` on PATH and its version.

    The links of any rehearsal are passed over. Raises Unavailable, naming what was found instead.
    """
    older: list[str] = []
    for candidate in _candidates(os.environ.get("PATH", os.defpath) if path is None else path):
        version = probe(candidate)
        if version and pin.compatible(version):
            return candidate, dotted(version)
        older.append(f"{candidate} is {dotted(version) if version else 'no working pulumi'}")
    wanted = f"{dotted(pin.MINIMUM)} or newer, below {dotted(pin.BELOW)}"
    raise Unavailable(
        f"{'; '.join(older)} (wanted: {wanted})" if older else f"none on PATH (wanted: {wanted})"
    )


def probe(executable: Path) -> Version | None:
    """The version that an engine gives; None where it gives none within ten seconds."""
    try:
        answer = subprocess.run(
            [executable, "version"],
            capture_output=True,
            text=True,
            timeout=10,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return numbers(answer.stdout) if answer.returncode == 0 else None


def language_host(engine: Path, path: str | None = None) -> Path | None:
    """The official Python language host of an engine: beside it, else on PATH; None where it has none."""
    places = os.pathsep.join(
        [str(engine.resolve().parent), os.environ.get("PATH", os.defpath) if path is None else path]
    )
    for entry in places.split(os.pathsep):
        found = shutil.which("pulumi-language-python", path=entry)
        if found and not _is_ours(Path(found)):
            return Path(found)
    return None


def _candidates(path: str) -> Iterator[Path]:
    for entry in dict.fromkeys(path.split(os.pathsep)):
        found = shutil.which("pulumi", path=entry) if entry else None
        if found and not _is_ours(Path(found)):
            yield Path(found).absolute()


def _is_ours(executable: Path) -> bool:
    """Whether a rehearsal put it there: a link into our cache, a link beside our record, or our script."""
    if executable.resolve().is_relative_to(cache.root().resolve()):
        return True
    if (executable.parent / "engine.json").exists():
        return True
    with executable.open("rb") as file:
        return MARK.encode() in file.read(200)
