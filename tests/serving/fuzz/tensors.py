"""Questions to Triton's models that nobody should send: in JSON, with binary tensors, and by gRPC."""

from __future__ import annotations

import json
import random
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tritonclient.grpc import service_pb2
from tritonclient.utils import serialize_byte_tensor

from tests.serving.fuzz.requests import CUSTOMERS, NUMBERS, broken, leaf
from tests.serving.small_release import HISTORY, USER, code

TYPES = ["BYTES", "INT32", "INT64", "FP32", "FP64", "BOOL", "UINT8", "STRING", "", "FP16"]
SHAPES = [[1, 1], [2, 1], [1], [], [-1, 1], [2**31, 2**31], [2**40, 2**40], [2**31, 1], [0, 1], [1, 2**31]]
SHAPES += [[2**62, 4], [2**63 - 1], [-(2**63), -1], [65, 1], [1] * 9, [1, 0], [10**6, 10**6]]
IDS = [0, 1, 5, -1, -5, 41, 10**6, 2**31 - 1, -(2**31)]
FLOATS = [0.0, 1.0, -1.0, 1e38, -1e38, 1e-45, float("nan"), float("inf"), float("-inf")]
TIMES = ["", "2011-10-03", "2011-10-03T14:30", "never", "9" * 300, "\x00", "2011-99-99"]
FIELDS = ["bytes_contents", "int_contents", "int64_contents", "uint_contents", "fp32_contents"]
FIELDS += ["fp64_contents", "bool_contents"]
OF_TYPE = {
    "BYTES": "bytes_contents",
    "INT32": "int_contents",
    "FP32": "fp32_contents",
    "BOOL": "bool_contents",
}


@dataclass
class Asked:
    """An input of a question as it would be right; its values may not be."""

    name: str
    kind: str
    values: npt.NDArray[Any]

    @property
    def raw(self) -> bytes:
        """As Triton's binary tensors have it."""
        if self.kind == "BYTES":
            return bytes(serialize_byte_tensor(self.values).item()) if self.values.size else b""
        return self.values.tobytes()


def question(rng: random.Random) -> tuple[str, list[Asked]]:
    """A model, and inputs of the right names, kinds and shapes with values of any sort."""
    many = rng.choice([1, 1, 1, 2, 64, 65])
    if rng.random() < 0.4:
        return rng.choice(["two_tower", "two_tower", "two_tower", "ranker"]), [
            Asked("history", "INT32", _drawn(rng, IDS[: rng.choice([3, 9])], (many, HISTORY), np.int32)),
            Asked("weights", "FP32", _drawn(rng, FLOATS[: rng.choice([2, 9])], (many, HISTORY), np.float32)),
            Asked("user", "FP32", _drawn(rng, FLOATS[: rng.choice([2, 9])], (many, USER), np.float32)),
        ]
    whole = [number for number in NUMBERS if isinstance(number, int) and abs(number) < 2**31]
    inputs = [
        Asked("customer", "BYTES", _texts(rng, CUSTOMERS, (many, 1))),
        Asked("k", "INT32", _drawn(rng, whole, (many, 1), np.int32)),
        Asked("only_new", "BOOL", _drawn(rng, [True, False], (many, 1), np.bool_)),
    ]
    products = [code(1), code(7), "", "no such", *CUSTOMERS]
    for name in rng.sample(["basket", "viewed"], rng.choice([0, 0, 1, 2])):
        inputs.append(Asked(name, "BYTES", _texts(rng, products, (many, rng.choice([0, 1, 3, 201])))))
    if rng.random() < 0.3:
        inputs.append(Asked("time", "BYTES", _texts(rng, TIMES, (many, 1))))
    return rng.choice(["recommend", "recommend", "recommend", "recommend", "answer", "no", ""]), inputs


def _drawn(rng: random.Random, values: list[Any], shape: tuple[int, ...], kind: Any) -> npt.NDArray[Any]:
    drawn = [rng.choice(values) for _ in range(int(np.prod(shape)))]
    return np.array(drawn, kind).reshape(shape)


def _texts(rng: random.Random, values: list[str], shape: tuple[int, ...]) -> npt.NDArray[np.object_]:
    drawn = [rng.choice(values).encode() for _ in range(int(np.prod(shape)))]
    return np.array(drawn, np.object_).reshape(shape)


def in_json(rng: random.Random) -> tuple[str, bytes, dict[str, str]]:
    """A path, a body and headers for Triton's HTTP."""
    model, inputs = question(rng)
    told = []
    for asked in inputs:
        values = [one.decode() if isinstance(one, bytes) else one for one in asked.values.flatten().tolist()]
        tensor = {"name": asked.name, "datatype": asked.kind, "shape": [*asked.values.shape], "data": values}
        _spoil(rng, tensor)
        told.append(tensor)
    text = json.dumps({"inputs": told[: rng.choice([9, 9, 9, 2, 0])]}).encode()
    headers = {}
    if rng.random() < 0.2:
        length = rng.choice([0, 5, len(text), len(text) + 9, -1, 2**40])
        headers["Inference-Header-Content-Length"] = str(length)
    return _path(model), broken(rng, text) if rng.random() < 0.3 else text, headers


def in_binary(rng: random.Random) -> tuple[str, bytes, dict[str, str]]:
    """The same with binary tensors behind the JSON, whose sizes may be others than those it tells."""
    model, inputs = question(rng)
    told, parts = [], []
    for asked in inputs:
        raw = asked.raw if rng.random() < 0.85 else rng.randbytes(rng.randrange(60))
        size: Any = len(raw) if rng.random() < 0.85 else rng.choice([0, -1, 2**31, 2**63, len(raw) + 1, "x"])
        tensor: dict[str, Any] = {
            "name": asked.name,
            "datatype": asked.kind,
            "shape": [*asked.values.shape],
            "parameters": {"binary_data_size": size},
        }
        _spoil(rng, tensor)
        told.append(tensor)
        parts.append(raw)
    head = json.dumps({"inputs": told, "parameters": {"binary_data_output": True}}).encode()
    length: Any = len(head) if rng.random() < 0.9 else rng.choice([0, -1, len(head) - 3, 2**40, "x"])
    whole = head + b"".join(parts)
    headers = {"Inference-Header-Content-Length": str(length)}
    return _path(model), broken(rng, whole) if rng.random() < 0.2 else whole, headers


def _path(model: str) -> str:
    return f"/v2/models/{model}/infer"


def _spoil(rng: random.Random, tensor: dict[str, Any]) -> None:
    """Make something of a tensor wrong, or nothing."""
    if rng.random() < 0.8:
        return
    key = rng.choice([*tensor])
    wrong: dict[str, list[Any]] = {
        "name": ["other", "", 5],
        "datatype": [*TYPES, None],
        "shape": [*SHAPES, None, "x", [1.5, 1]],
    }
    tensor[key] = rng.choice(wrong.get(key, [[], [leaf(rng)], leaf(rng), {"shared_memory_region": "r"}]))


def by_grpc(rng: random.Random) -> bytes:
    """A ModelInferRequest, or what is nearly one: its tensors raw, or in fields of their kinds."""
    model, inputs = question(rng)
    request = service_pb2.ModelInferRequest(model_name=model)
    raw = rng.random() < 0.6
    for asked in inputs:
        wrong = rng.random() < 0.15
        one = request.inputs.add(name=asked.name, datatype=rng.choice(TYPES) if wrong else asked.kind)
        one.shape.extend(rng.choice(SHAPES) if rng.random() < 0.15 else asked.values.shape)
        if rng.random() < 0.05:
            one.parameters["shared_memory_region"].string_param = "r"
        if raw:
            mangled = rng.random() < 0.15
            length = rng.choice([0, rng.randrange(30)])
            request.raw_input_contents.append(rng.randbytes(length) if mangled else asked.raw)
        if not raw or rng.random() < 0.05:
            _typed(rng, one.contents, asked, wrong)
    if rng.random() < 0.1:
        request.raw_input_contents.append(struct.pack("<I", 2**32 - 1))
    whole = request.SerializeToString()
    return broken(rng, whole) if rng.random() < 0.25 else whole


def _typed(rng: random.Random, contents: Any, asked: Asked, wrong: bool) -> None:
    field = rng.choice(FIELDS) if wrong else OF_TYPE[asked.kind]
    values = asked.values.flatten().tolist()
    if rng.random() < 0.1:
        values = values[: rng.randrange(len(values) + 1)] * 2
    of_bytes = field == "bytes_contents"
    if of_bytes != (asked.kind == "BYTES"):
        values = [b"x" if of_bytes else 1 for _ in values]
    getattr(contents, field).extend(
        [abs(int(one)) % 2**31 if np.isfinite(one) else 0 for one in values]
        if field in ("int64_contents", "uint_contents")
        else [int(one) if np.isfinite(one) and abs(one) < 2**31 else 0 for one in values]
        if field == "int_contents"
        else [bool(one) for one in values]
        if field == "bool_contents"
        else values
    )
