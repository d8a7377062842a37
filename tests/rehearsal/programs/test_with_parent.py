"""Children of a process that speaks gRPC become the program that they are to be."""

from __future__ import annotations

import subprocess
import sys

SPEAKS_GRPC = """
import subprocess
from concurrent import futures
from rehearsal.programs.with_parent import interrupt_with_parent
import grpc

for number in range(5):
    server = grpc.server(futures.ThreadPoolExecutor(4))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    grpc.channel_ready_future(channel).result(30)
    if number % 2:
        channel.close()
        server.stop(0)
for _ in range(100):
    subprocess.run(["true"], preexec_fn=interrupt_with_parent, check=True)
"""


def test_no_child_is_lost_to_the_handlers_of_grpc() -> None:
    done = subprocess.run([sys.executable, "-c", SPEAKS_GRPC], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
