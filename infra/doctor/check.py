"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.errors import IsthmusError
from isthmus.settings.errors import Problem

Site = Literal["aws", "openstack"]
State = Literal["ok", "failed", "unanswered", "not asked"]


class CannotTell(IsthmusError):
    """A cloud that cannot be asked this, such as a stand-in without the API; the message says why."""


def always(_: Settings) -> bool:
    """Every estate needs it."""
    return True


@dataclass(frozen=True)
class Check:
    """Something that must stand before a first up, and how to see whether it does."""

    name: str
    site: Site
    looks_at: str
    """What it asks the cloud, for a reader who has no credentials yet."""
    obtained: str
    """Where what it looks for comes from."""
    look: Callable[[Settings, Clouds], Iterator[Problem]]
    """Reads only. A problem's path is the key or the thing; its text says found, needed, what to do."""
    applies: Callable[[Settings], bool] = always


@dataclass(frozen=True)
class Finding:
    """What came of one check."""

    check: Check
    state: State
    said: tuple[str, ...] = ()
    """One sentence for each problem, or why there is no answer."""


__all__ = ["CannotTell", "Check", "Finding", "Site", "State", "always"]
