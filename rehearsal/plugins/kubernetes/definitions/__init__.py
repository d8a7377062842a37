"""The definitions that charts bring with them, for the kinds of objects that the estate makes.

They are those of the charts' own projects without their descriptions; each file says which. ``python -m
rehearsal.plugins.kubernetes.definitions CHART SOURCE FILE...`` writes those of a chart anew.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
Object = dict[str, Any]


def charts() -> tuple[str, ...]:
    """The charts whose definitions are here."""
    return tuple(sorted({file.parent.name for file in FOLDER.glob("*/*.yaml")}))


@cache
def of_chart(chart: str) -> tuple[Object, ...]:
    """The definitions of a chart's kinds, as far as they are here."""
    files = sorted((FOLDER / chart).glob("*.yaml"))
    return tuple(yaml.safe_load(file.read_text()) for file in files)


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
