"""A connection that fails before anything was asked is begun once more, and no oftener."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from rehearsal.control_plane import running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.control_plane.layout import ControlPlane

ALERT = bytes([21, 3, 3, 0, 2, 2, 50])
"""A record of TLS: fatal, decode_error (RFC 8446, 6)."""


def behind(listening: socket.socket, to: tuple[str, int], alerts: int) -> None:
    """Answer so many handshakes by an alert, and hand the connection after them on to the server."""
    for _ in range(alerts):
        with listening.accept()[0] as refused:
            refused.recv(65536)
            refused.sendall(ALERT)
    if alerts > 1:
        return
    ours, theirs = listening.accept()[0], socket.create_connection(to)

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # one side has ended
            while said := one.recv(65536):
                other.sendall(said)
            other.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pump, args=(theirs, ours), daemon=True)
    back.start()
    pump(ours, theirs)
    back.join()
    ours.close()
    theirs.close()


@pytest.mark.parametrize("alerts", [1, 2])
def test_a_handshake_that_the_server_ends_is_begun_once_more(plane: ControlPlane, alerts: int) -> None:
    server = urlsplit(running.url(plane))
    assert server.hostname
    assert server.port
    with socket.create_server((server.hostname, 0)) as listening:
        port = listening.getsockname()[1]
        to = (server.hostname, server.port)
        between = threading.Thread(target=behind, args=(listening, to, alerts), daemon=True)
        between.start()
        with Api(plane, f"https://{server.hostname}:{port}") as api:
            if alerts == 1:
                assert api.version().startswith("v1.")
            else:
                with pytest.raises(ControlPlaneError, match="gave no answer to GET /version"):
                    api.version()
        between.join(60)
        assert not between.is_alive()
