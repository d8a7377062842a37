"""Triton model ``shortlist``: pseudonym -> the products that the ranker orders for the customer.

Runs inside Triton's own image, so it imports numpy and nothing else. Lists are padded at their end with
product 0, and an unknown customer has nothing but padding.

Files beside it, written by ``serving.repository.tables``
(C customers sorted by pseudonym, N rows, F features):
``pseudonyms.npy`` bytes [C], ``start.npy`` int64 [C + 1] into the rows, ``product.npy`` int32 [N],
``owned.npy`` bool [N], ``features.npy`` float16 [N, F].
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """Read-only after ``initialize``, so any number of instances may run side by side."""

    def initialize(self, args: dict[str, str]) -> None:
        """Map the tables into memory; instances of one server share the pages."""
        folder = Path(args["model_repository"]) / args["model_version"]
        shapes = {tensor["name"]: tensor["dims"] for tensor in json.loads(args["model_config"])["output"]}
        self.length = int(shapes["product"][0])
        self.pseudonyms = np.load(folder / "pseudonyms.npy", mmap_mode="r")
        self.start = np.load(folder / "start.npy", mmap_mode="r")
        self.product = np.load(folder / "product.npy", mmap_mode="r")
        self.owned = np.load(folder / "owned.npy", mmap_mode="r")
        self.features = np.load(folder / "features.npy", mmap_mode="r")
        self.row = {name: number for number, name in enumerate(self.pseudonyms.tolist())}

    def execute(self, requests: list[Any]) -> list[Any]:
        """Each request carries ``customer`` [b, 1]."""
        responses = []
        for request in requests:
            customers = pb_utils.get_input_tensor_by_name(request, "customer").as_numpy().reshape(-1)
            tensors = [pb_utils.Tensor(name, value) for name, value in self.lists(customers.tolist()).items()]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
        return responses

    def lists(self, customers: list[bytes]) -> dict[str, npt.NDArray[Any]]:
        """The outputs by name, for customers by pseudonym."""
        shape = (len(customers), self.length)
        product, owned = np.zeros(shape, np.int32), np.zeros(shape, np.bool_)
        features = np.zeros((*shape, self.features.shape[1]), np.float32)
        for line, customer in enumerate(customers):
            row = self.row.get(customer)
            if row is not None:
                rows = slice(int(self.start[row]), int(self.start[row + 1]))
                length = rows.stop - rows.start
                product[line, :length] = self.product[rows]
                owned[line, :length] = self.owned[rows]
                features[line, :length] = self.features[rows]
        return {"product": product, "owned": owned, "features": features}
