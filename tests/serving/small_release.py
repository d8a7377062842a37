"""A release small enough for a test, with a real ONNX model whose answers can be computed by hand.

The model scores product i for a customer as the sum over the history of weight * A[history, i], plus
i / 1000 to break ties, so an item-to-item table A decides everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.release import (
    Customers,
    Manifest,
    Model,
    Product,
    Tensor,
    Window,
    describe,
    write,
    write_popular,
    write_products,
)

ITEMS, HISTORY, USER, TOP_K = 40, 5, 3, 20
CUSTOMERS = 12


@dataclass(frozen=True)
class SmallRelease:
    directory: Path
    digest: str
    manifest: Manifest
    table: np.ndarray
    customers: Customers
    popular: list[int]

    def expected(self, pseudonym: str, k: int, only_new: bool) -> list[str]:
        """Stock codes by the definition above, in plain Python."""
        bought = self.customers[pseudonym].last_bought if pseudonym in self.customers else ()
        ranked: list[int] = []
        if pseudonym in self.customers:
            customer = self.customers[pseudonym]
            scores = {
                item: sum(
                    w * self.table[h, item]
                    for h, w in zip(customer.history, customer.weights, strict=True)
                    if h
                )
                + item / 1000
                for item in range(1, ITEMS + 1)
            }
            ranked = sorted(scores, key=lambda item: -scores[item])[:TOP_K]
        left_out = set(bought) if only_new else set()
        chosen = [item for item in ranked if item not in left_out][:k]
        chosen += [item for item in self.popular if item not in left_out and item not in chosen][
            : k - len(chosen)
        ]
        return [code(item) for item in chosen]


def code(item: int) -> str:
    return f"P{item:04d}"


def make(directory: Path, seed: int = 0) -> SmallRelease:
    rng = np.random.default_rng(seed)
    directory.mkdir(parents=True)
    table = rng.normal(size=(ITEMS + 1, ITEMS + 1)).astype(np.float32)
    table[0] = 0
    _write_model(directory / "model.onnx", table)
    (directory / "model.keras").write_bytes(rng.bytes(200))
    write_products(
        directory,
        [
            Product(index=i, product_code=code(i), description=f"LAMPE À {i}", price=1.5, popularity_rank=i)
            for i in range(1, ITEMS + 1)
        ],
    )
    popular = [int(i) for i in rng.permutation(np.arange(1, ITEMS + 1))]
    write_popular(directory, popular)
    customers = _customers(rng)
    customers.write(directory)
    (directory / "report.json").write_text("{}")
    manifest = Manifest(
        files=describe(directory),
        window=Window(
            first_day=date(2011, 9, 1),
            last_day=date(2011, 9, 30),
            days=26,
            rows=100,
            orders_digest="sha256:" + "0" * 64,
        ),
        cleaning={"read": 100},
        metrics={"recall@20": 0.3},
        model=Model(
            inputs=(
                Tensor(name="history", dtype="int32", shape=(-1, HISTORY)),
                Tensor(name="weights", dtype="float32", shape=(-1, HISTORY)),
                Tensor(name="user", dtype="float32", shape=(-1, USER)),
            ),
            outputs=(
                Tensor(name="items", dtype="int32", shape=(-1, TOP_K)),
                Tensor(name="scores", dtype="float32", shape=(-1, TOP_K)),
            ),
            items=ITEMS,
            history_length=HISTORY,
            top_k=TOP_K,
            parameters=table.size,
            opset=17,
            max_abs_difference=0.0,
            tolerance=1e-5,
        ),
        versions={"onnx": onnx.__version__},
        settings={},
        seeds={"seed": seed},
    )
    digest = write(directory, manifest)
    return SmallRelease(directory, digest, manifest, table, customers, popular)


def _customers(rng: np.random.Generator) -> Customers:
    history = np.zeros((CUSTOMERS, HISTORY), np.int32)
    weights = np.zeros((CUSTOMERS, HISTORY), np.float32)
    last: list[list[int]] = []
    for row in range(CUSTOMERS):
        # From one product up to nearly all: the last customers leave little that is new to them.
        bought = rng.permutation(np.arange(1, ITEMS + 1))[: 1 + row * 3]
        shown = bought[:HISTORY]
        history[row, : len(shown)] = shown
        weights[row, : len(shown)] = np.sort(rng.uniform(0.1, 2, len(shown)))[::-1]
        last.append([int(item) for item in bought])
    return Customers(
        pseudonyms=sorted(rng.bytes(16).hex() for _ in range(CUSTOMERS)),
        history=history,
        weights=weights,
        user=rng.normal(size=(CUSTOMERS, USER)).astype(np.float32),
        last_bought=last,
    )


def _write_model(path: Path, table: np.ndarray) -> None:
    def constant(name: str, value: np.ndarray) -> onnx.TensorProto:
        return numpy_helper.from_array(value, name)

    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "history"], ["gathered"]),  # [B, H, I + 1]
            helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),  # [B, H, 1]
            helper.make_node("Mul", ["gathered", "column"], ["weighted"]),
            helper.make_node("ReduceSum", ["weighted", "second"], ["summed"], keepdims=0),
            helper.make_node("Slice", ["summed", "one", "end", "second"], ["real"]),  # without padding
            helper.make_node("ReduceSum", ["user", "second"], ["of_user"], keepdims=1),
            helper.make_node("Mul", ["of_user", "nothing"], ["zero"]),
            helper.make_node("Add", ["real", "ties"], ["untied"]),
            helper.make_node("Add", ["untied", "zero"], ["all"]),
            helper.make_node("TopK", ["all", "k"], ["scores", "places"]),
            helper.make_node("Add", ["places", "one"], ["indices"]),
            helper.make_node("Cast", ["indices"], ["items"], to=TensorProto.INT32),
        ],
        "item_to_item",
        [
            helper.make_tensor_value_info("history", TensorProto.INT32, ["B", HISTORY]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["B", HISTORY]),
            helper.make_tensor_value_info("user", TensorProto.FLOAT, ["B", USER]),
        ],
        [
            helper.make_tensor_value_info("items", TensorProto.INT32, ["B", TOP_K]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", TOP_K]),
        ],
        [
            constant("table", table),
            constant("last", np.array([2], np.int64)),
            constant("second", np.array([1], np.int64)),
            constant("one", np.array([1], np.int64)),
            constant("end", np.array([ITEMS + 1], np.int64)),
            constant("nothing", np.array([0], np.float32)),
            constant("ties", (np.arange(1, ITEMS + 1) / 1000).astype(np.float32)),
            constant("k", np.array([TOP_K], np.int64)),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
