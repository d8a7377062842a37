"""The folder that an image is built from: nothing is in it that the tag does not speak of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.images.catalogue import OwnImage
from isthmus.images.contents import files, version
from isthmus.source_digest import CLIENT, ROOT


class ImageError(IsthmusError):
    """An image could not be built, pushed or found; the message says why."""


def lay(image: OwnImage, folder: Path, root: Path = ROOT) -> None:
    """Fill an empty folder: ``Containerfile``, ``requirements.txt`` with hashes, and ``code/``."""
    shutil.copyfile(root / image.containerfile, folder / "Containerfile")
    (folder / "requirements.txt").write_bytes(exported(image, "requirements.txt", root))
    code = {f"code/{path}": content for path, content in files(image, root).items()}
    # A release tells the version of this project, which it asks of the installed distribution.
    about = f"Metadata-Version: 2.1\nName: isthmus\nVersion: {version(root)}\n"
    code[f"code/isthmus-{version(root)}.dist-info/METADATA"] = about.encode()
    for path, content in code.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for place, folders, names in os.walk(folder):
        # The same for every user, whatever their umask.
        for name in folders:
            (Path(place) / name).chmod(0o755)
        for name in names:
            (Path(place) / name).chmod(0o644)


def exported(image: OwnImage, form: str, root: Path = ROOT) -> bytes:
    """The image's part of the lock as ``uv export`` writes it: requirements.txt, or cyclonedx1.5 (SBOM)."""
    command = [
        *(uv(), "export", "--quiet", "--project", str(root), "--frozen", "--no-dev", "--no-emit-workspace"),
        *("--no-header", "--no-annotate", "--extra", image.extra, "--format", form),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise ImageError(
            f"uv cannot export {image.extra} of the lock: {last_line(done.stderr)}; run `uv lock`"
        )
    return done.stdout


def uv() -> str:
    """uv, as ``make`` hands it on, or on PATH."""
    found = os.environ.get("UV") or shutil.which("uv")
    if not found:
        raise ImageError(
            "uv is not on PATH, and the lock is read by it: install it (https://docs.astral.sh/uv)"
        )
    return found


def revision(image: OwnImage, root: Path = ROOT) -> tuple[str, int]:
    """The commit that last changed what is in the image, and its time; of changes without one, "uncommitted".

    So the same files give the same label, whatever else was committed since.
    """
    paths = [image.containerfile, "uv.lock", "pyproject.toml"]
    for path in files(image, root):
        paths.append(path if (root / path).is_file() else f"{CLIENT}/{path}")
    told = _git(root, "log", "-1", "--format=%H %ct", "--", *paths).split()
    if len(told) != 2:
        return "uncommitted", 0
    changed = _git(root, "status", "--porcelain", "--untracked-files=all", "--", *paths).strip()
    return ("uncommitted" if changed else told[0]), int(told[1])


def last_line(output: bytes) -> str:
    """The last line of what a program said, for a sentence."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
