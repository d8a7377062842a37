"""A small release with both stages, made by hand: a table of low rank, hidden units that do nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tests.serving.small_release import HISTORY, ITEMS, TOP_K, USER, code, make
from training.release import Manifest, ReleaseContext, Shortlist, describe, read, write
from training.release.context_scores import FEATURES as NAMES
from training.release.context_scores import ContextScorer

DIMENSIONS, RANK = 8, 6
FEATURES, UNITS, DEAD = 10, 8, 2
LISTED = 30


def make_two_stages(directory: Path, scored: bool = True) -> Manifest:
    """The small release with towers of a table of products, and a ranking stage.

    ``scored`` False makes it as releases were before their shortlists had scores and baskets were learned of.
    """
    small = make(directory)
    random = np.random.default_rng(5)
    table = random.normal(size=(ITEMS + 1, RANK)) @ random.normal(size=(RANK, DIMENSIONS))
    table[0] = 0
    onnx.save(_towers(table.astype(np.float32)), directory / "model.onnx")
    onnx.save(_ranker(random), directory / "ranker.onnx")
    customers = sorted(small.customers)
    products = np.concatenate([np.sort(random.permutation(ITEMS)[:LISTED]) for _ in customers])
    features = random.normal(size=(LISTED * len(customers), FEATURES)).astype(np.float16)
    session = onnxruntime.InferenceSession(directory / "ranker.onnx", providers=["CPUExecutionProvider"])
    scores = session.run(None, {"features": features[None].astype(np.float32)})[0][0]
    codes = np.array([code(item).encode() for item in range(1, ITEMS + 1)])
    Shortlist(
        customers=np.array([name.encode() for name in customers]),
        start=np.arange(len(customers) + 1, dtype=np.int64) * LISTED,
        codes=codes,
        product=products.astype(np.int32),
        owned=np.zeros(len(products), np.bool_),
        features=features,
        scores=scores if scored else None,
    ).write(directory)
    if scored:
        ReleaseContext(codes, _scorer(random)).write(directory)
    manifest = read(directory).model_copy(update={"files": describe(directory)})
    write(directory, manifest)
    return manifest


def _scorer(random: np.random.Generator) -> ContextScorer:
    """Ten neighbours of each product, and coefficients by which a basket counts for much."""
    near = 10
    known = np.zeros(len(NAMES) + 1)
    known[NAMES.index("logit")], known[NAMES.index("mean_cosine")] = 0.2, 3
    return ContextScorer(
        start=np.arange(ITEMS + 1, dtype=np.int64) * near,
        neighbour=np.concatenate(
            [random.permutation(np.delete(np.arange(ITEMS), item))[:near] for item in range(ITEMS)]
        ).astype(np.int32),
        cosine=random.random(ITEMS * near).astype(np.float32),
        confidence=random.random(ITEMS * near).astype(np.float32),
        popularity=random.random(ITEMS).astype(np.float32),
        weekday=random.normal(size=(7, ITEMS)).astype(np.float32),
        known=known + np.eye(len(known))[NAMES.index("weekday")],
        stranger=known,
    )


def _towers(table: np.ndarray) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gather", ["vectors", "history"], ["bought"]),
        helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
        helper.make_node("Mul", ["bought", "column"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "second"], ["bag"], keepdims=0),
        helper.make_node("MatMul", ["bag", "all_vectors"], ["products"]),
        helper.make_node("ReduceSum", ["user", "second"], ["of_user"], keepdims=1),
        helper.make_node("Mul", ["of_user", "nothing"], ["zero"]),
        helper.make_node("Add", ["products", "never"], ["real"]),
        helper.make_node("Add", ["real", "zero"], ["all"]),
        helper.make_node("TopK", ["all", "k"], ["scores", "places"]),
        helper.make_node("Cast", ["places"], ["items"], to=TensorProto.INT32),
    ]
    never = np.zeros(ITEMS + 1, np.float32)
    never[0] = -1e9
    constants = {
        "vectors": table,
        "all_vectors": np.ascontiguousarray(table.T),
        "last": np.array([2]),
        "second": np.array([1]),
        "nothing": np.zeros(1, np.float32),
        "never": never,
        "k": np.array([TOP_K]),
    }
    inputs = [
        ("history", TensorProto.INT32, HISTORY),
        ("weights", TensorProto.FLOAT, HISTORY),
        ("user", TensorProto.FLOAT, USER),
    ]
    outputs = [("items", TensorProto.INT32, TOP_K), ("scores", TensorProto.FLOAT, TOP_K)]
    return _model(nodes, constants, inputs, outputs)


def _ranker(random: np.random.Generator) -> onnx.ModelProto:
    nodes = [
        helper.make_node("MatMul", ["features", "into"], ["summed"], name="first"),
        helper.make_node("Add", ["summed", "bias"], ["hidden"]),
        helper.make_node("Sigmoid", ["hidden"], ["gate"]),
        helper.make_node("Mul", ["hidden", "gate"], ["swish"]),
        helper.make_node("MatMul", ["swish", "out"], ["column"], name="second"),
        helper.make_node("Squeeze", ["column", "last"], ["scores"]),
    ]
    out = random.normal(size=(UNITS, 1)).astype(np.float32)
    out[:DEAD] = 0
    constants = {
        "into": random.normal(size=(FEATURES, UNITS)).astype(np.float32),
        "bias": random.normal(size=UNITS).astype(np.float32),
        "out": out,
        "last": np.array([2]),
    }
    inputs = [("features", TensorProto.FLOAT, "L", FEATURES)]
    return _model(nodes, constants, inputs, [("scores", TensorProto.FLOAT, "L")])


def _model(nodes: list, constants: dict, inputs: list, outputs: list) -> onnx.ModelProto:
    def values(described: list) -> list:
        return [helper.make_tensor_value_info(name, kind, ["B", *shape]) for name, kind, *shape in described]

    graph = helper.make_graph(
        nodes,
        "by_hand",
        values(inputs),
        values(outputs),
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model
