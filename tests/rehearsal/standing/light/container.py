"""What a container of the standing estate runs in its program's place: it answers its probes, or is done.

With arguments ``PORT... -- WHATEVER`` it serves each port at ``$POD_IP`` and says yes to everything; without
a port it ends at once and well. The standard library alone, without ``site``, so that it is there in 50 ms.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Yes(BaseHTTPRequestHandler):
    """Answers 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: nobody reads it."""


def main(ports: list[str]) -> None:
    """Serve until asked to end."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for port in ports:
        server = ThreadingHTTPServer((os.environ["POD_IP"], int(port)), Yes)
        threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main(sys.argv[1 : sys.argv.index("--")])
