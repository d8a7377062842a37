"""Triton model ``recommend``: a question -> the best products, as a person and as a program can read them.

Runs inside Triton's own image, so it imports numpy, and of ours what lies beside it. An ordinary question is
a look-up: what the ranker, or for customers without a shortlist the towers, say of a customer is of the
release, so ``serving.repository.build`` lays it down in the order of the answer. What the question brings is
done here: ``k``, ``only_new``, and its context (``basket``, ``viewed``, ``time``), which changes the scores.

An answer is one JSON text a customer.

Files beside it, written by ``serving.repository.tables`` (C customers, I products): ``pseudonyms.npy`` bytes
[C]; ``bought.npy`` int32 (products of all customers one after the other, the newest first) and
``bought_start.npy`` int64 [C + 1] into it; ``list_product.npy`` int32, ``list_score.npy`` float32 and
``list_owned.npy`` bool (what is listed for each customer, the best first) with ``list_start.npy`` int64
[C + 1] into them, and ``ranked.npy`` bool [C], whose scores are the ranker's; ``codes.npy`` and
``descriptions.npy`` bytes (UTF-8) [I + 1 and more]; ``popular.npy`` int32; ``context_*.npy``, the fields of
``ContextScorer``, where the release has one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from serving.models.recommend.answers import Answers, Question, QuestionWrong
else:  # it lies beside this file
    from answers import Answers, Question, QuestionWrong

ANSWER = "answer"
CONTEXT = frozenset({"basket", "viewed", "time"})


class TritonPythonModel:
    """Read-only after ``initialize``, so any number of instances may run side by side."""

    def initialize(self, args: dict[str, str]) -> None:
        """Map the tables into memory and read the parameters ``release`` and ``bought_limit``."""
        folder = Path(args["model_repository"]) / args["model_version"]
        parameters = json.loads(args["model_config"])["parameters"]
        self.answers = Answers(
            folder,
            parameters["release"]["string_value"],
            int(parameters["bought_limit"]["string_value"]),
        )

    def execute(self, requests: list[Any]) -> list[Any]:
        """Each request has a batch of its own; a bad one gets an error and does not spoil the others."""
        return [self._response(request) for request in requests]

    def _response(self, request: Any) -> Any:
        try:
            found = [self.answers.answer(question) for question in _questions(request)]
        except QuestionWrong as wrong:
            error = pb_utils.TritonError(str(wrong), pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse(output_tensors=[], error=error)
        texts = [[self.answers.text(one)] for one in found]
        return pb_utils.InferenceResponse([pb_utils.Tensor(ANSWER, np.array(texts, np.object_))])


def _questions(request: Any) -> list[Question]:
    """The questions of a request. Raises QuestionWrong."""
    given = {tensor.name(): tensor.as_numpy() for tensor in request.inputs()}
    customers = given["customer"][:, 0].tolist()
    many = len(customers)
    ks, only_new = given["k"][:, 0].tolist(), given["only_new"][:, 0].tolist()
    if CONTEXT.isdisjoint(given):
        return [Question(*plain) for plain in zip(customers, ks, only_new, strict=True)]
    nothing: list[list[bytes]] = [[]] * many
    lists = (given[name].tolist() if name in given else nothing for name in ("basket", "viewed"))
    times = given["time"][:, 0].tolist() if "time" in given else [b""] * many
    return [Question(*asked) for asked in zip(customers, ks, only_new, *lists, times, strict=True)]
