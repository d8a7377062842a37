"""Where the API server asks the node for a container's log: the kubelet's ``/containerLogs``, over TLS.

Nobody else is let in: only the API server has the certificate that is asked for.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.processes import Run
from rehearsal.control_plane.certificates import API_SERVER, Keys

_FOLLOW_SECONDS: Final = 0.1
_CHUNK: Final = 64 * 1024
_HANDSHAKE_SECONDS: Final = 10.0


class LogServer:
    """Serves the logs of one cluster's pods, from threads, until the process ends."""

    def __init__(self, cluster: Cluster, keys: Keys) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.node.certificate, keys.node.key)
        context.load_verify_locations(keys.authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = _Server(cluster, context)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="logs", daemon=True).start()

    def stop(self) -> None:
        """Take no more questions."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cluster: Cluster, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cluster, self._context = cluster, context

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the request's own thread: one who never says hello keeps nobody else waiting.
        request.settimeout(_HANDSHAKE_SECONDS)
        with self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller without the certificate, or one who hung up: nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case _ if _caller(self.connection) != API_SERVER[0]:
                self.send_error(403)
            case ["containerLogs", namespace, pod, container]:
                options = {key: values[-1] for key, values in parse_qs(url.query).items()}
                self._log(self.server.cluster.pod_folder(namespace, pod), container, options)
            case _:
                self.send_error(404, "a rehearsal's node serves logs alone")

    def _log(self, folder: Path, container: str, options: dict[str, str]) -> None:
        previous = options.get("previous") == "true"
        log = folder / f"{container}{'.previous' if previous else ''}.log"
        if not log.is_file():
            said = "previous terminated container" if previous else "log of container"
            self.send_error(400, f"{said} {container} not found")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        run = Run(folder / "run" / container) if options.get("follow") == "true" and not previous else None
        for part in _parts(log, options, run):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the agent's log is for what goes wrong."""


def _caller(connection: Any) -> str:
    """The common name in a caller's certificate."""
    subject = (connection.getpeercert() or {}).get("subject", ())
    return next((value for part in subject for key, value in part if key == "commonName"), "")


def _parts(log: Path, options: dict[str, str], run: Run | None) -> Iterator[bytes]:
    """The log, or its last lines; with ``run``, also what comes until that has ended."""
    with log.open("rb") as file:
        content = file.read()
        if (lines := int(options.get("tailLines", -1))) >= 0:
            content = b"".join(content.splitlines(keepends=True)[-lines:] if lines else ())
        limit = int(options.get("limitBytes", 0)) or None
        if content[:limit]:
            yield content[:limit]
        while run is not None and limit is None:
            runs = run.has_shim()
            while part := file.read(_CHUNK):
                yield part
            if not runs:
                return
            time.sleep(_FOLLOW_SECONDS)
