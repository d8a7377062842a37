"""What stands behind the OpenStack plugin of a rehearsal: a record with rules, or the real services."""

from __future__ import annotations

from typing import Final

from rehearsal.behind import Behind, Choice
from rehearsal.openstack_services.layout import folder_of

OPENSTACK: Final = Choice("--openstack", lambda home: folder_of(home).folder, Behind.REAL)
of, choose = OPENSTACK.of, OPENSTACK.choose

__all__ = ["OPENSTACK", "Behind", "choose", "of"]
