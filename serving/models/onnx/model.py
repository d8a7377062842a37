"""Triton models ``two_tower`` and ``ranker`` where the server has no ONNX Runtime backend (the rehearsal).

NVIDIA's images run ``model.onnx`` natively and never see this file. Same inputs, outputs and batching: all
requests of a batch are one run of the session. Beyond that it refuses, in a sentence, numbers of products
that are none and floats that are no numbers: ONNX counts a negative number from the end, and answers NaN with
NaN.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """An ``InferenceSession`` may be used by many threads; it holds no state between runs."""

    def initialize(self, args: dict[str, str]) -> None:
        """Open ``model.onnx`` with the number of threads that the parameter ``threads`` of the model says."""
        config = json.loads(args["model_config"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(config["parameters"]["threads"]["string_value"])
        options.inter_op_num_threads = 1
        # Idle threads must sleep: a spinning one would take a whole CPU from the other models.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(Path(args["model_repository"]) / args["model_version"] / "model.onnx"),
            sess_options=options,
            providers=["CPUExecutionProvider"],
        )
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        items = config["parameters"].get("items")
        self.items = None if items is None else int(items["string_value"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """Inputs and outputs of each request have its own batch as first dimension."""
        try:
            return self._answered(requests)
        except ValueError as wrong:
            if len(requests) == 1:
                error = pb_utils.TritonError(str(wrong), pb_utils.TritonError.INVALID_ARG)
                return [pb_utils.InferenceResponse(output_tensors=[], error=error)]
            # One wrong request must not spoil the others of its batch.
            return [response for request in requests for response in self.execute([request])]

    def _answered(self, requests: list[Any]) -> list[Any]:
        parts = {
            name: [pb_utils.get_input_tensor_by_name(request, name).as_numpy() for request in requests]
            for name in self.inputs
        }
        feeds = {
            name: arrays[0] if len(arrays) == 1 else np.concatenate(arrays) for name, arrays in parts.items()
        }
        self._check(feeds)
        results = self.session.run(self.outputs, feeds)
        sizes = [len(array) for array in parts[self.inputs[0]]]
        cuts = np.cumsum(sizes)[:-1]
        shares = [np.split(result, cuts) for result in results]
        return [
            pb_utils.InferenceResponse(
                output_tensors=[
                    pb_utils.Tensor(name, np.ascontiguousarray(share[index]))
                    for name, share in zip(self.outputs, shares, strict=True)
                ]
            )
            for index in range(len(requests))
        ]

    def _check(self, feeds: dict[str, Any]) -> None:
        """Raises ValueError naming the input. A sum tells of any NaN, and costs one pass."""
        for name, array in feeds.items():
            if array.dtype.kind == "f":
                if not np.isfinite(array.sum()):
                    raise ValueError(
                        f"{name} holds what is no number, or is too large: NaN, Inf or above 1e38"
                    )
            elif self.items is not None and array.size:
                least, most = int(array.min()), int(array.max())
                if least < 0 or most > self.items:
                    wrong = least if least < 0 else most
                    raise ValueError(
                        f"{name} holds {wrong}; allowed are the numbers of products, 1 to {self.items}, "
                        "and 0 where there is none"
                    )
