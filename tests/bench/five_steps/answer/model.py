"""Triton model ``answer``: the best products of the ranker, or of the towers -> what a person can read.

Runs inside Triton's own image, so it imports numpy and nothing else. It leaves out what the customer has
bought when asked to (``only_new``), cuts to ``k``, fills up from the popular products where the list is too
short, answers an unknown customer with the popular products, and names products by their codes. In a release
with a ranking stage the inputs ``shortlist``, ``owned`` and ``ranks`` carry what was ranked, and the towers
answer only for customers without a shortlist.

Rows of one request that are shorter than others are padded at the end with the empty code and score 0.

Files beside it, written by ``serving.repository.tables``
(C customers, I products): ``bought.npy`` int32 (products of
all customers one after the other, the newest first) and ``bought_start.npy`` int64 [C + 1] into it,
``codes.npy`` and ``descriptions.npy`` bytes (UTF-8) [I + 1 and more], ``popular.npy`` int32.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

PERSONAL, POPULAR = b"personal", b"popular"
NO_PRODUCTS = np.empty(0, np.int32)
Ranked = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.bool_]]
NOTHING_RANKED: Ranked = (NO_PRODUCTS, np.empty(0, np.float32), np.empty(0, np.bool_))
TIE = 1e-5
"""Scores tie that differ by no more than this share of the higher one; the rule of ``training.ties``."""


def ordered(scores: npt.NDArray[np.float32], products: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Places of all scores, the best first; a chain of ties in the order of the products' numbers."""
    order = np.lexsort((-scores,))
    sorted_scores = scores[order].astype(np.float64)
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = sorted_scores[:-1] - sorted_scores[1:] > TIE * np.abs(sorted_scores[:-1])
    tied: npt.NDArray[np.int64] = order[np.lexsort((products[order], np.cumsum(is_new)))]
    return tied


class TritonPythonModel:
    """Read-only after ``initialize``, so any number of instances may run side by side."""

    def initialize(self, args: dict[str, str]) -> None:
        """Map the tables into memory and read the parameters ``release`` and ``bought_limit``."""
        folder = Path(args["model_repository"]) / args["model_version"]
        config = json.loads(args["model_config"])
        parameters = config["parameters"]
        self.ranked = any(tensor["name"] == "ranks" for tensor in config["input"])
        self.release = parameters["release"]["string_value"].encode()
        self.bought_limit = int(parameters["bought_limit"]["string_value"])
        self.bought = np.load(folder / "bought.npy", mmap_mode="r")
        self.bought_start = np.load(folder / "bought_start.npy", mmap_mode="r")
        self.popular = np.load(folder / "popular.npy")
        # As objects, because that is what BYTES tensors are made of: a lookup then copies nothing.
        self.codes = np.load(folder / "codes.npy").astype(object)
        self.descriptions = np.load(folder / "descriptions.npy").astype(object)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Each request has a batch of its own; a bad one gets an error and does not spoil the others."""
        responses = []
        for request in requests:
            row, products, scores, k, only_new = (
                pb_utils.get_input_tensor_by_name(request, name).as_numpy()
                for name in ("row", "items", "scores", "k", "only_new")
            )
            if (k < 1).any():
                error = pb_utils.TritonError(
                    f"k is {int(k.min())}; allowed is 1 or more", pb_utils.TritonError.INVALID_ARG
                )
                responses.append(pb_utils.InferenceResponse(output_tensors=[], error=error))
                continue
            ranked = self.ranked_of(request) if self.ranked else [NOTHING_RANKED] * len(row)
            answers = [
                self.answer(
                    int(row[i, 0]), products[i], scores[i], ranked[i], int(k[i, 0]), bool(only_new[i, 0])
                )
                for i in range(len(row))
            ]
            responses.append(pb_utils.InferenceResponse(output_tensors=self.tensors(answers)))
        return responses

    def ranked_of(self, request: Any) -> list[Ranked]:
        """What was ranked for each customer of a request: products, scores, and which are owned."""
        products, scores, owned = (
            pb_utils.get_input_tensor_by_name(request, name).as_numpy()
            for name in ("shortlist", "ranks", "owned")
        )
        return list(zip(products, scores, owned, strict=True))

    def answer(
        self,
        row: int,
        products: npt.NDArray[np.int32],
        scores: npt.NDArray[np.float32],
        ranked: Ranked,
        k: int,
        only_new: bool,
    ) -> dict[str, npt.NDArray[Any]]:
        """The answer for one customer, by the names of the outputs; unpadded."""
        known = 0 <= row < len(self.bought_start) - 1
        bought = self.bought[self.bought_start[row] : self.bought_start[row + 1]] if known else NO_PRODUCTS
        left_out = bought if only_new else NO_PRODUCTS
        shortlist, ranks, owned = ranked
        if shortlist.any():
            known = True
            keep = shortlist > 0
            if only_new:
                keep = keep & ~owned
                left_out = np.concatenate([bought, shortlist[owned]])
            # A shortlist is in the order of product codes.
            best = ordered(ranks[keep], np.arange(int(keep.sum())))[:k]
            chosen, chosen_scores = shortlist[keep][best], ranks[keep][best]
        elif known:
            keep = (products > 0) & ~np.isin(products, left_out)
            best = ordered(scores[keep], products[keep])[:k]
            chosen, chosen_scores = products[keep][best], scores[keep][best]
        else:
            chosen, chosen_scores = NO_PRODUCTS, np.empty(0, np.float32)
        personal = len(chosen)
        if personal < k:
            more = self.popular[~np.isin(self.popular, np.concatenate([chosen, left_out]))][: k - personal]
            chosen = np.concatenate([chosen, more])
            # The popular list has ranks, not scores.
            chosen_scores = np.concatenate([chosen_scores, np.zeros(len(more), np.float32)])
        fewer = ""
        if len(chosen) < k:
            fewer = (
                f"{k} were asked for and {len(chosen)} given: the release ranks {personal} for this customer "
                f"and lists {len(self.popular)} popular products, each product once"
            )
            if only_new:
                fewer += ", and what the customer had bought is left out"
        reasons = np.full(len(chosen), POPULAR, object)
        reasons[:personal] = PERSONAL
        latest = bought[: self.bought_limit]
        return {
            "items": self.codes[chosen],
            "descriptions": self.descriptions[chosen],
            "scores": chosen_scores.astype(np.float32, copy=False),
            "reasons": reasons,
            "bought": self.codes[latest],
            "bought_descriptions": self.descriptions[latest],
            "bought_count": np.array([len(bought)], np.int32),
            "reason": np.array([PERSONAL if known else POPULAR], object),
            "release": np.array([self.release], object),
            "fewer": np.array([fewer.encode()], object),
        }

    def tensors(self, answers: list[dict[str, npt.NDArray[Any]]]) -> list[Any]:
        """The answers of one request below each other, the shorter ones padded."""
        tensors = []
        for name, first in answers[0].items():
            width = max(len(answer[name]) for answer in answers)
            table = np.full((len(answers), width), b"" if first.dtype == object else 0, first.dtype)
            for index, answer in enumerate(answers):
                table[index, : len(answer[name])] = answer[name]
            tensors.append(pb_utils.Tensor(name, table))
        return tensors
