"""``python -m tests.bench.run_fastapi PORT WORKERS``: uvicorn in processes that share one socket.

As ``uvicorn --workers`` does it, but with a socket that says it is TCP: else asyncio leaves Nagle's algorithm
on, and each answer, which uvicorn writes in two parts, waits 40 ms.
"""

from __future__ import annotations

import os
import socket
import sys


def main(port: int, workers: int) -> None:
    """Serve until the process group is ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(2048)
        for _ in range(workers - 1):
            if os.fork() == 0:
                break
        # After the fork, so that each process has a session of its own.
        import uvicorn

        from tests.bench.plain_fastapi import app

        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
