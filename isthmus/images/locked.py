"""What ``uv.lock`` holds of one extra: a library moved for another part of the project changes no image."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = "isthmus"


@cache
def locked(extra: str, lock: Path) -> str:
    """The blocks of the packages that an extra installs, sorted, for whatever system or Python.

    Only blocks that are reached are parsed: all of the lock takes 0.15 s, which every preview would wait for.
    """
    blocks: dict[str, list[str]] = {}
    for block in lock.read_text(encoding="utf-8").split("[[package]]\n")[1:]:
        blocks.setdefault(block.split('"', 2)[1], []).append(block)
    reached: set[str] = set()
    ahead, seen = [(PROJECT, ""), (PROJECT, extra)], set[tuple[str, str]]()
    while ahead:
        name, wanted = ahead.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        for block in blocks.get(name, ()):
            if name != PROJECT:
                reached.add(block)
            for need in _needs(block, wanted):
                ahead += [(need["name"], further) for further in ("", *need.get("extra", ()))]
    return "".join(sorted(reached))


def _needs(block: str, extra: str) -> list[dict[str, Any]]:
    package = _parsed(block)
    needs = package.get("optional-dependencies", {}).get(extra) if extra else package.get("dependencies")
    return needs or []


@cache
def _parsed(block: str) -> dict[str, Any]:
    package: dict[str, Any] = tomllib.loads("[[package]]\n" + block)["package"][0]
    return package
