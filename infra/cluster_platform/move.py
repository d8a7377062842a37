"""``python -m infra.cluster_platform.move CHART [VERSION]``: another version of a chart.

Without a version: the newest that is no trial. The repository's index is read, and the pins are written with
the digest that it names; a chart in a registry of images has no index, and is moved by hand.
"""

from __future__ import annotations

import re
import sys
import urllib.request
from datetime import UTC, datetime
from typing import Any

import yaml

from infra.chart_pins import FILE, charts
from isthmus.atomic_files import atomic_write
from isthmus.errors import IsthmusError

_SECONDS = 60.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


class CannotMove(IsthmusError):
    """A chart cannot be moved; the message says why."""


def moved(text: str, name: str, version: str | None, index: dict[str, Any], today: str) -> str:
    """The text of the pins with one chart at another version. Raises CannotMove."""
    entries = {str(each["version"]): each for each in index.get("entries", {}).get(name) or []}
    whole = {each: _numbers(each) for each in entries if _VERSION.fullmatch(each)}
    if not whole:
        raise CannotMove(f"the repository's index lists no version of {name}: is it the right repository?")
    chosen = version or max(whole, key=lambda each: whole[each])
    if chosen not in whole:
        newest = ", ".join(sorted(whole, key=lambda each: whole[each])[-3:])
        raise CannotMove(f"{name} has no version {chosen}; the newest of its repository are {newest}")
    pins = yaml.safe_load(text)
    digest = str(entries[chosen].get("digest") or "").removeprefix("sha256:")
    pins["charts"][name] |= {
        "version": chosen,
        "digest": f"sha256:{digest}" if digest else None,
        "source": f"index.yaml of its repository, {today}",
    }
    head = "".join(line + "\n" for line in text.splitlines() if line.startswith("#"))
    return head + yaml.safe_dump(pins, sort_keys=False, width=118)


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def fetched(repository: str) -> dict[str, Any]:
    """The index of a repository. Raises CannotMove."""
    url = f"{repository}/index.yaml"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - of the pins, HTTPS
            index = yaml.load(answer.read(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, yaml.YAMLError) as error:
        raise CannotMove(f"{url} cannot be read ({type(error).__name__}): try again") from None
    return index if isinstance(index, dict) else {}


def main(name: str = "", version: str | None = None) -> None:
    """Move one chart, and say from where to where."""
    if name not in charts():
        raise CannotMove(f"no chart {name!r} is pinned; those that are: {', '.join(charts())}")
    if charts()[name].is_oci:
        raise CannotMove(f"{name} is in a registry of images, which has no index: write its version by hand")
    text = FILE.read_text()
    today = datetime.now(UTC).date().isoformat()
    atomic_write(FILE, moved(text, name, version, fetched(charts()[name].repository), today).encode())
    before = charts()[name].version
    charts.cache_clear()
    print(f"{name}: {before} to {charts()[name].version}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except IsthmusError as refused:
        raise SystemExit(f"isthmus: {refused}") from None
