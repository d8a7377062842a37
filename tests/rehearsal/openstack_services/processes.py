"""Which process is which service."""

from __future__ import annotations

from urllib.parse import urlsplit

import psutil

from rehearsal.openstack_services.session import Session


def listener(session: Session, service: str) -> int:
    """The id of the process that answers for a service."""
    port = urlsplit(session.request(service, "GET", "/").url).port
    listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    (process,) = {c.pid for c in listening if tuple(c.laddr)[1:] == (port,)}
    assert process is not None
    return process
