"""A stand-in for a Triton server of isthmus, over real gRPC, that fails in the ways that are asked of it.

It knows two customers and eight products, and answers any other customer with popular ones.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any, Literal

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import serialize_byte_tensor

from isthmus_client.interface import ANSWER

RELEASE = "sha256:" + "a" * 64
ANN, BEN = "1" * 32, "2" * 32
PRODUCTS = [f"P{number}" for number in range(1, 9)]
PERSONAL = {ANN: ["P8", "P7", "P6"], BEN: ["P5", "P4", "P3"]}
How = Literal["well", "when told", "never", "refuses", "not a number", "nonsense"]


class StandInTriton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Answers ``recommend`` as ``how`` says."""

    def __init__(self) -> None:
        self.how: How = "well"
        self.asked = 0
        self.ended = threading.Event()
        self.told = threading.Event()
        """Set, it answers what it was asked "when told"."""
        self.url = ""

    def ServerReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ServerReadyResponse(ready=self.how != "refuses")

    def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        response = service_pb2.ModelConfigResponse()
        response.config.parameters["release"].string_value = RELEASE
        return response

    def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.asked += 1
        if self.how == "never":
            self.ended.wait(300)
        if self.how == "when told":
            self.told.wait(300)
        if self.how == "refuses":
            context.abort(grpc.StatusCode.INTERNAL, "the model broke")
        if self.how == "nonsense":
            return service_pb2.ModelInferResponse(model_name="recommend", model_version="1")
        customers, ks = _asked(request)
        return _response([_row(name, k, self.how) for name, k in zip(customers, ks, strict=True)])


def _asked(request: Any) -> tuple[list[str], list[int]]:
    raw = dict(zip([one.name for one in request.inputs], request.raw_input_contents, strict=True))
    names, data = [], raw["customer"]
    while data:
        length = int.from_bytes(data[:4], "little")
        names.append(data[4 : 4 + length].decode())
        data = data[4 + length :]
    return names, [int(k) for k in np.frombuffer(raw["k"], np.int32)]


def _row(customer: str, k: int, how: How) -> dict[str, Any]:
    personal = PERSONAL.get(customer, [])
    codes = [*personal, *(code for code in PRODUCTS if code not in personal)][:k]
    scores = [1 / (rank + 1) for rank in range(len(codes))]
    scores = [score if code in personal else 0.0 for code, score in zip(codes, scores, strict=True)]
    if how == "not a number":
        scores = [float("nan")] * len(codes)
    return {
        "products": [
            {
                "code": code,
                "description": f"LAMPE À {code}",
                "score": score,
                "reason": "personal" if code in personal else "popular",
            }
            for code, score in zip(codes, scores, strict=True)
        ],
        "bought": [],
        "bought_count": 0,
        "reason": "personal" if personal else "popular",
        "release": RELEASE,
        "context": "",
        "fewer": "" if len(codes) == k else f"the release has only {len(PRODUCTS)} products",
    }


def _response(rows: list[dict[str, Any]]) -> Any:
    response = service_pb2.ModelInferResponse(model_name="recommend", model_version="1")
    texts = np.array([[json.dumps(row).encode()] for row in rows], np.object_)
    output = response.outputs.add(name=ANSWER, datatype="BYTES")
    output.shape.extend(texts.shape)
    response.raw_output_contents.append(serialize_byte_tensor(texts).item())
    return response


@contextmanager
def stand_in(address: str = "127.0.0.1:0") -> Iterator[StandInTriton]:
    """One that listens for the time of the block."""
    triton = StandInTriton()
    server = grpc.server(futures.ThreadPoolExecutor(16))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(triton, server)
    port = server.add_insecure_port(address)
    triton.url = f"grpc://127.0.0.1:{port}"
    server.start()
    try:
        yield triton
    finally:
        triton.ended.set()
        triton.told.set()
        server.stop(0).wait()
