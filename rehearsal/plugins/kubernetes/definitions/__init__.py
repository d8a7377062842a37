"""The definitions that charts bring with them, for the kinds of objects that the estate makes.

They are those of the charts' own projects without their descriptions; each file says which. ``python -m
rehearsal.plugins.kubernetes.definitions CHART SOURCE FILE...`` writes those of a chart anew.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER = Path(__file__).parent
Object = dict[str, Any]
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""A chart may bring a megabyte of them: in C that takes a tenth of the seconds."""


def charts() -> tuple[str, ...]:
    """The charts whose definitions are here."""
    return tuple(sorted({file.parent.name for file in FOLDER.glob("*/*.yaml")}))


@cache
def of_chart(chart: str) -> tuple[Object, ...]:
    """The definitions of a chart's kinds, as far as they are here."""
    files = sorted((FOLDER / chart).glob("*.yaml"))
    return tuple(
        yaml.load(file.read_text(), _LOADER)  # noqa: S506 - a safe one
        for file in files
    )


def without_descriptions(value: Any) -> Any:
    """A schema without what it tells people; a property that is called so stays."""
    if isinstance(value, dict):
        return {
            key: without_descriptions(inner)
            for key, inner in value.items()
            if not (key == "description" and isinstance(inner, str))
        }
    return [without_descriptions(each) for each in value] if isinstance(value, list) else value


__all__ = ["FOLDER", "charts", "of_chart", "without_descriptions"]
