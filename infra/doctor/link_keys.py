"""The pre-shared keys of the link, where they are the owner's own. None is read."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.preshared_keys import names
from infra.settings import Settings
from isthmus.settings.errors import Problem

KEY = "link.key_generations"


def applies(settings: Settings) -> bool:
    """The stack file names keys."""
    return settings.link.enabled and settings.link.key_generations is not None


def _wanted(settings: Settings) -> tuple[str, ...]:
    found = names(Naming(settings.stack), settings.link.key_generations or ())
    return found if settings.link.private_gateway == "instances" else found[:1]


def in_aws(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Secrets Manager has each."""
    client = clouds.aws("secretsmanager")
    for name in _wanted(settings):
        try:
            there = "DeletedDate" not in client.describe_secret(SecretId=name)
        except client.exceptions.ResourceNotFoundException:
            there = False
        if not there:
            yield _missing(name, "Secrets Manager", settings.stack)


def privately(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Barbican has each, once."""
    manager = clouds.openstack().key_manager
    for name in _wanted(settings):
        found = [each for each in manager.secrets(name=name) if each.status == "ACTIVE"]
        if len(found) > 1:
            yield Problem(KEY, f"names {name}, and Barbican has {len(found)} of that name: delete the others")
        elif not found:
            yield _missing(name, "Barbican", settings.stack)


def _missing(name: str, store: str, stack: str) -> Problem:
    return Problem(KEY, f"names {name}, which {store} does not have: run `isthmus link keys {stack}`")


__all__ = ["applies", "in_aws", "privately"]
