"""Where the services of one rehearsal keep their files, and what they are called in Keystone's catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rehearsal.home import Home

PASSWORD: Final = "rehearsal"  # noqa: S105 - for services on loopback that hold nothing worth a secret
PROJECT: Final = "estate"
USER: Final = "estate"
DOMAIN: Final = "Default"
ADMIN: Final = "admin"
ACCESS: Final = "rehearsal"
"""The S3 key of the estate's user, and its secret: those of the throw-away keys of stack ``local``."""

CATALOGUE: Final[Mapping[str, tuple[str, str]]] = {
    "keystone": ("identity", "/v3"),
    "neutron": ("network", "/"),
    "nova": ("compute", "/v2.1"),
    "glance": ("image", "/"),
    "barbican": ("key-manager", "/"),
    "swift": ("object-store", "/v1/AUTH_%(tenant_id)s"),
    "magnum": ("container-infra", "/v1"),
}
"""Service -> its type in the catalogue, and the path of its endpoint."""

BEHIND_SWIFT: Final = ("account", "container", "object")
LISTENERS: Final = (*CATALOGUE, *BEHIND_SWIFT)
"""Everything that gets a port of its own."""


@dataclass(frozen=True)
class Layout:
    """The folder of one set of services.

    ``etc`` is written at each start; ``cloud`` is what the cloud holds, at first a copy of the fresh one.
    """

    folder: Path

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def cloud(self) -> Path:
        return self.folder / "cloud"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def record(self) -> Path:
        """Which process it is, and where it listens."""
        return self.folder / "services.json"

    def database(self, name: str) -> Path:
        return self.cloud / f"{name}.db"


def folder_of(home: Home) -> Layout:
    """Where the services of a rehearsal keep their files."""
    return Layout(home.openstack / "services")
