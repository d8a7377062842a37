"""What the company has in its private cloud before the estate: secrets in Barbican."""

from __future__ import annotations

from rehearsal.home import Home
from rehearsal.plugins.openstack.record import Record


def seed_secret(home: Home, name: str, payload: str) -> None:
    """Put a pre-existing Barbican secret into the record; ``getSecret`` opens it by its name.

    Idempotent: the same payload again changes nothing, another one replaces it.
    """
    with Record(home.openstack / "record.json").change() as content:
        content.secrets[name] = {"payload": payload}
