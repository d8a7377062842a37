"""``model.onnx`` of a catalogue too large to score whole for each answer, and what its index loses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.release.export.canonical import canonical
from training.release.export.index_graph import index_graph
from training.release.export.onnx_file import TOLERANCE, to_onnx
from training.release.export.product_lists import Floats, ProductLists, probes_for, product_lists

INPUTS = ("history", "weights", "user")
KNOWN = 4096
"""Customers by whom lists are made."""
MEASURED = 256
"""Customers by whom the number of lists that are looked at is chosen; as many others tell the recall."""
COMPARED = 32
"""Customers whose answers are compared with the model's own."""

Inputs = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Index:
    """What is told of an index.

    Attributes:
        lists: of products.
        probes: of them that are looked at for an answer.
        recall: share of the products that score best of all, by vector and bias, that are found; of customers
            whom the number of lists was not chosen by.
        difference: largest |score of model.onnx - score of the model|.
    """

    lists: int
    probes: int
    recall: float
    difference: float

    def metrics(self) -> dict[str, float]:
        """As a manifest has them."""
        return {"index_lists": self.lists, "index_probes": self.probes, "index_recall": round(self.recall, 4)}


def save_indexed(model: Any, top_k: int, customers: Inputs, path: Path, wanted: float, seed: int) -> Index:
    """Export a model of two towers with an index over its products.

    Args:
        model: of Keras, as ``training.model.two_tower.build`` makes it.
        top_k: products in an answer.
        customers: inputs of real customers, by whose answers the index is chosen and measured.
        path: ``model.onnx``.
        wanted: recall that the index must have.
        seed: of k-means.

    Raises:
        TrainingError: where a score of ``model.onnx`` is not the model's.
    """
    import onnx

    from training.model.submodels import customer_part, product_vectors

    bias = np.array(model.get_layer("item_bias").bias, np.float32)
    vectors = np.array(product_vectors(model)(np.arange(len(bias), dtype=np.int32)), np.float32)
    rows = np.linspace(0, len(customers["user"]) - 1, min(KNOWN, len(customers["user"]))).astype(int)
    rows = np.random.default_rng(seed).permutation(rows)
    part = customer_part(model)
    users = np.concatenate(
        [_users(part, vectors, {name: customers[name][some] for name in INPUTS}) for some in _few(rows, 256)]
    )
    known = np.concatenate([vectors, bias[:, None]], axis=1)[1:]
    judged = min(MEASURED, len(rows) // 2)
    others, chosen_by = users[:judged], users[judged:]
    lists = product_lists(known, chosen_by, seed)
    chosen_by = chosen_by[:MEASURED]
    least = top_k + customers["history"].shape[1]
    probes, recalls = _probes(lists, chosen_by, known, top_k, wanted, least)
    if judged:
        _, recalls = _probes(lists, others, known, top_k, wanted, least)
    trials = {name: customers[name][rows[:COMPARED]] for name in INPUTS}
    proto = index_graph(customer_onnx(model, part), vectors, bias, lists, probes, top_k)
    path.write_bytes(proto.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))
    strangers = {name: np.zeros_like(array[:1]) for name, array in trials.items()}
    difference = max(largest_score_difference(model, path, inputs) for inputs in (trials, strangers))
    return Index(len(lists.middles), probes, float(recalls[probes - 1]), difference)


def largest_score_difference(model: Any, path: Path, inputs: Inputs) -> float:
    """Largest |ONNX score - Keras score| of the products that an indexed model answers with.

    Raises:
        TrainingError: when it is above TOLERANCE, or a product is padding or comes twice.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    items, scores = session.run(["items", "scores"], dict(inputs))
    exact = np.take_along_axis(
        np.asarray(model(dict(inputs), training=False)), items.astype(np.int64), axis=1
    )
    largest = float(np.abs(exact - scores).max())
    if not largest <= TOLERANCE:
        raise TrainingError(
            f"model.onnx, with its index, differs from the Keras model by {largest:.2e}, more than "
            f"{TOLERANCE:.0e}; no release is written"
        )
    if (items < 1).any() or any(len(set(answer)) < len(answer) for answer in items.tolist()):
        raise TrainingError("model.onnx, with its index, answers with padding or with a product twice")
    return largest


def _few(rows: npt.NDArray[Any], at_once: int) -> list[npt.NDArray[Any]]:
    return [rows[start : start + at_once] for start in range(0, len(rows), at_once)]


def _users(part: Any, vectors: Floats, inputs: Inputs) -> Floats:
    """Customers' vectors, with a 1 for the bias as last number [B, D + 1]."""
    users, _ = part([vectors[inputs["history"]], *(inputs[name] for name in INPUTS)], training=False)
    return np.concatenate([np.asarray(users, np.float32), np.ones((len(users), 1), np.float32)], axis=1)


def _probes(
    lists: ProductLists, users: Floats, known: Floats, top_k: int, wanted: float, least: int
) -> tuple[int, npt.NDArray[np.float64]]:
    return probes_for(lists, users @ lists.middles.T, _best(users, known, top_k), wanted, least)


def _best(users: Floats, known: Floats, top_k: int) -> npt.NDArray[np.int64]:
    """The products that score best of all [B, K], unordered; a few customers at a time."""
    parts = [np.argpartition(-(some @ known.T), top_k - 1, axis=1)[:, :top_k] for some in _few(users, 16)]
    return np.concatenate(parts)


def customer_onnx(model: Any, part: Any) -> Any:
    """The customer's half ``part`` of a model, as ``index_graph`` takes it; the same for the same weights."""
    import tensorflow as tf

    own = {tensor.name: tensor for tensor in model.inputs}
    dim = part.inputs[0].shape[-1]
    specs = [
        tf.TensorSpec((None, own["history"].shape[1], dim), tf.float32, name="bought"),
        *(tf.TensorSpec((None, own[name].shape[1]), own[name].dtype, name=name) for name in INPUTS),
    ]

    def customer(bought: Any, history: Any, weights: Any, user: Any) -> Any:
        return tuple(part([bought, history, weights, user], training=False))

    proto = to_onnx(customer, specs)
    canonical(proto.graph)
    return proto
