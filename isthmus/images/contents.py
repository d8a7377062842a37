"""The files that are in an image, and the tag that says so."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from isthmus.images.catalogue import OwnImage
from isthmus.images.locked import locked
from isthmus.source_digest import CLIENT, ROOT, sources

LOCK = "uv.lock"
PROJECT = "pyproject.toml"
OURS = ("isthmus", "training", "serving", "isthmus_client")
"""Packages that an image may hold parts of."""
DIGITS = 16
"""Of the digest, in a tag."""


def files(image: OwnImage, root: Path = ROOT) -> dict[str, bytes]:
    """Path in the folder of the code -> content, of all of our files that the image holds."""
    found: dict[str, bytes] = {}
    for pattern in image.data:
        for file in root.glob(pattern):
            if file.is_file():
                found[file.relative_to(root).as_posix()] = file.read_bytes()
    entries: frozenset[str] = frozenset(image.entries)
    while True:
        # To import a module is to run the packages around it, and so to import what those import.
        modules = sources(*entries, packages=OURS, root=root)
        around = {module.rpartition(".")[0] for module in modules} - modules.keys()
        further = {package for package in around if package and _is_package(package, root)}
        if not further:
            break
        entries |= further
    for module, source in modules.items():
        found[_place(module, root)] = source
    return dict(sorted(found.items()))


def _place(module: str, root: Path) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if _is_package(module, root) else f"{path}.py"


def _is_package(module: str, root: Path) -> bool:
    path = f"{module.replace('.', '/')}/__init__.py"
    return any((root / base / path).is_file() for base in ("", CLIENT))


@cache
def tag(image: OwnImage, root: Path = ROOT) -> str:
    """``<variant>-<digest>`` over the files, the Containerfile and the libraries: what decides the image."""
    total = hashlib.sha256()
    parts = {
        **{f"code/{path}": content for path, content in files(image, root).items()},
        "Containerfile": (root / image.containerfile).read_bytes(),
        "lock": locked(image.extra, root / LOCK).encode(),
        "version": version(root).encode(),
    }
    for name, content in sorted(parts.items()):
        total.update(f"{name} {len(content)}\n".encode())
        total.update(content)
    return f"{image.variant}-{total.hexdigest()[:DIGITS]}"


@cache
def version(root: Path = ROOT) -> str:
    """The project's version, which a release tells that it was made with."""
    return str(tomllib.loads((root / PROJECT).read_text(encoding="utf-8"))["project"]["version"])
