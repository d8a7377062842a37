"""The secret with the keys of the jobs."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def keys_secret(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Barbican has it once, and this credential may see that it is there. Its payload is not read."""
    name = settings.openstack.keys_secret
    found = [each for each in clouds.openstack().key_manager.secrets(name=name) if each.status == "ACTIVE"]
    if len(found) != 1:
        what = "Barbican has none" if not found else f"Barbican has {len(found)}"
        yield Problem(
            "openstack.keys_secret",
            f"is {name}, and {what} of that name in this project: store one (README, "
            "docs/private-cluster.md), and delete the others",
        )


def applies(settings: Settings) -> bool:
    """Jobs run, and not with throw-away keys."""
    return settings.training.enabled and settings.openstack.throw_away_keys is None


__all__ = ["applies", "keys_secret"]
