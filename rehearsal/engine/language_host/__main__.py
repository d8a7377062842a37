"""What the engine starts: serve, print the port, end with the engine."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

from rehearsal.engine.language_host.children import Children
from rehearsal.engine.language_host.service import LanguageHost
from rehearsal.engine.language_host.stubs import language_pb2_grpc
from rehearsal.programs.asked_to_end import AskedToEnd

# An update runs a program and some plugins at once; each holds a thread for as long as it lives.
_THREADS = 64
_MESSAGE_BYTES = 400 * 1024 * 1024


def main() -> None:
    children = Children()
    over = AskedToEnd()
    over.ask_when_orphaned()

    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    server = grpc.server(
        ThreadPoolExecutor(_THREADS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    host = LanguageHost(addresses[-1] if addresses else "", children)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)

    over.wait()
    children.stop_all(last=True)
    # Not through the interpreter's end: it would wait for threads that wait for the engine.
    os._exit(0)


if __name__ == "__main__":
    main()
