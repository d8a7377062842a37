"""What answers in the VPC: a file over HTTP, and a real Triton server where this machine has one.

Run in the machine's namespace with ADDRESS FOLDER. It tells its ports as one line of JSON, and ends when its
standard input does.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import sys
import threading
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError
from serving.local.server import LocalServer

FILE_BYTES: Final = 8 * 1024 * 1024
MODEL: Final = "echo"

_CONFIG: Final = f"""name: "{MODEL}"
backend: "python"
max_batch_size: 0
input [ {{ name: "numbers" data_type: TYPE_INT32 dims: [ 4 ] }} ]
output [ {{ name: "answer" data_type: TYPE_INT32 dims: [ 4 ] }} ]
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
"""
_MODEL: Final = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [
            pb_utils.InferenceResponse(
                [pb_utils.Tensor("answer", pb_utils.get_input_tensor_by_name(each, "numbers").as_numpy() + 1)]
            )
            for each in requests
        ]
"""


class _Files(http.server.BaseHTTPRequestHandler):
    content: bytes = b""

    def do_GET(self) -> None:
        content = b"answered" if self.path == "/small" else self.content
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left and (part := self.rfile.read(min(left, 65536))):
            digest.update(part)
            left -= len(part)
        answer = digest.hexdigest().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main(address: str, folder: Path) -> None:
    """Answer until standard input ends."""
    _Files.content = hashlib.shake_256(b"the link").digest(FILE_BYTES)
    files = http.server.ThreadingHTTPServer((address, 0), _Files)
    threading.Thread(target=files.serve_forever, daemon=True).start()
    told: dict[str, object] = {
        "files": files.server_port,
        "digest": hashlib.sha256(_Files.content).hexdigest(),
    }
    triton = LocalServer(_repository(folder), folder / "triton.log", address=address)
    try:
        triton.start()
        told["triton"] = triton.ports["http"]
    except IsthmusError as error:
        told["why"] = str(error)
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    triton.stop()


def _repository(folder: Path) -> Path:
    """A model that adds one."""
    model = folder / "models" / MODEL
    (model / "1").mkdir(parents=True)
    (model / "config.pbtxt").write_text(_CONFIG)
    (model / "1" / "model.py").write_text(_MODEL)
    return folder / "models"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
