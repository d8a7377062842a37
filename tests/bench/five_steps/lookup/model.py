"""Triton model ``lookup``: pseudonym -> row of the customer and the inputs of the towers.

Runs inside Triton's own image, so it imports numpy and nothing else. An unknown customer has row -1 and
all-zero features, which is a valid input of the towers.

Files beside it, written by ``serving.repository.tables``
(C customers sorted by pseudonym, H products of history, U
features): ``pseudonyms.npy`` bytes [C], ``history.npy`` int32 [C, H], ``weights.npy`` float32 [C, H],
``user.npy`` float32 [C, U].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

FEATURES = ("history", "weights", "user")


class TritonPythonModel:
    """Read-only after ``initialize``, so any number of instances may run side by side."""

    def initialize(self, args: dict[str, str]) -> None:
        """Map the tables into memory; instances of one server share the pages."""
        folder = Path(args["model_repository"]) / args["model_version"]
        self.pseudonyms = np.load(folder / "pseudonyms.npy", mmap_mode="r")
        self.tables = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in FEATURES}

    def execute(self, requests: list[Any]) -> list[Any]:
        """One search for all requests of a batch; each request carries ``customer`` [b, 1]."""
        tensors = [pb_utils.get_input_tensor_by_name(request, "customer") for request in requests]
        batches = [tensor.as_numpy().reshape(-1) for tensor in tensors]
        rows = self.rows(np.concatenate(batches))
        known = rows >= 0
        features = {}
        for name, table in self.tables.items():
            found = np.zeros((len(rows), table.shape[1]), table.dtype)
            found[known] = table[rows[known]]
            features[name] = found
        responses = []
        start = 0
        for customers in batches:
            part = slice(start, start + len(customers))
            start = part.stop
            tensors = [pb_utils.Tensor("row", rows[part].reshape(-1, 1))]
            tensors += [
                pb_utils.Tensor(name, np.ascontiguousarray(features[name][part])) for name in FEATURES
            ]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
        return responses

    def rows(self, customers: npt.NDArray[np.object_]) -> npt.NDArray[np.int32]:
        """Row of each pseudonym, -1 for one that the release does not know."""
        rows = np.full(len(customers), -1, np.int32)
        if not len(self.pseudonyms):
            return rows
        # A name that the fixed-width array cannot hold would be cut to one that it may hold: it is unknown.
        width = self.pseudonyms.dtype.itemsize
        fits = np.array([len(customer) <= width and not customer.endswith(b"\0") for customer in customers])
        # Of the table's own type, because numpy would copy the whole table to compare it with another.
        pseudonyms = np.array(customers, dtype=self.pseudonyms.dtype)
        positions = np.minimum(np.searchsorted(self.pseudonyms, pseudonyms), len(self.pseudonyms) - 1)
        same = fits & (self.pseudonyms[positions] == pseudonyms)
        rows[same] = positions[same]
        return rows
