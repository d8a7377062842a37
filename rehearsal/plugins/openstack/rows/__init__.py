"""The table: one row per resource type. A new type is its arguments, its row, and a sample in the tests."""

from __future__ import annotations

from typing import Final

from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.rows import (
    cluster,
    keypair,
    network,
    port,
    router,
    security,
    server,
    storage,
    vpn,
    vpn_policy,
)

_FILES = (network, router, security, storage, cluster, vpn_policy, vpn, keypair, port, server)
ROWS: Final[dict[str, OpenStackType]] = {row.token: row for file in _FILES for row in file.ROWS}
NOUNS: Final[dict[str, str]] = {row.token: row.noun for row in ROWS.values()}

__all__ = ["NOUNS", "ROWS"]
