"""Answers of the towers over many products: an index beside scoring all of them, on 2 threads.

The catalogues are made from a release's towers (``tests.bench.made_catalogue``). Both models are asked
one customer at a time, by turns, so that a busy moment of the machine hits both.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.made_catalogue import made_catalogue
from tests.bench.measure import Row
from training.release.export.indexed_file import customer_onnx, save_indexed
from training.settings import TrainingSettings

SIZES = (4_000, 100_000, 1_000_000)
TOP, THREADS, WARM_UP = 100, 2, 20
MILLISECONDS, RECALL = 10, 0.95


def rows(release: Path, short: bool, say: Callable[[str], None]) -> Iterator[Row]:
    """Recall, size, build and milliseconds at each number of products; ``short``: without the million."""
    for products in SIZES[: 2 if short else 3]:
        for row in _rows(release, products, 100 if short else 400):
            say(f"  {': '.join(row[:2])}")
            yield row


def _rows(release: Path, products: int, questions: int) -> Iterator[Row]:
    settings = TrainingSettings()
    model, customers = made_catalogue(release, products)
    with tempfile.TemporaryDirectory(prefix="isthmus-retrieval-") as name:
        exact, indexed = Path(name) / "exact.onnx", Path(name) / "indexed.onnx"
        _all_scored(model, exact)
        started, own = time.perf_counter(), time.process_time()
        index = save_indexed(model, TOP, customers, indexed, settings.index_recall, settings.seed)
        seconds, processor = time.perf_counter() - started, time.process_time() - own
        what = f"{products:,} products"
        yield (
            f"{what}, index",
            f"recall of the best {TOP} {index.recall:.3f}, {index.probes} of {index.lists:,} lists, "
            f"{indexed.stat().st_size / 1e6:.0f} MB ({exact.stat().st_size / 1e6:.0f} without), "
            f"built in {seconds:.0f} s ({processor:.0f} s of processor)",
            f"recall above {RECALL}",
        )
        load = time.perf_counter()
        sessions = {"index": _opened(indexed)}
        load = time.perf_counter() - load
        sessions["all scored"] = _opened(exact)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in sessions}
        for number in range(WARM_UP + questions):
            place = number % len(customers["user"])
            asked = {name: array[place : place + 1] for name, array in customers.items()}
            for kind, session in sessions.items():
                began, used = time.perf_counter(), time.process_time()
                session.run(["items", "scores"], asked)
                times[kind].append((time.perf_counter() - began, time.process_time() - used))
        for kind, measured in times.items():
            clock, used_all = np.array(measured[WARM_UP:]).T * 1000
            p50, p99 = np.percentile(clock, [50, 99])
            yield (
                f"{what}, {kind}",
                f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, {used_all.mean():.2f} ms of processor"
                + (f", loaded in {load:.1f} s" if kind == "index" else ""),
                f"under {MILLISECONDS} ms" if kind == "index" else "",
            )


def _all_scored(model: Any, path: Path) -> None:
    """All products by vector and bias, and the best: what an answer without an index costs at least.

    The export of a whole model of a million products by tf2onnx does not fit into 24 GiB.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    from training.model.submodels import customer_part, product_vectors

    bias = np.array(model.get_layer("item_bias").bias, np.float32)
    vectors = np.array(product_vectors(model)(np.arange(len(bias), dtype=np.int32)), np.float32)
    proto = customer_onnx(model, customer_part(model))
    graph = proto.graph
    for name, value in (
        ("table", vectors),
        ("turned", np.ascontiguousarray(vectors[1:].T)),
        ("bias", bias[1:]),
        ("k", np.array([TOP])),
    ):
        graph.initializer.append(numpy_helper.from_array(value, name))
    users, _ = (entry.name for entry in graph.output)
    graph.node.insert(0, helper.make_node("Gather", ["table", "history"], ["bought"]))
    graph.node.append(helper.make_node("MatMul", [users, "turned"], ["products"]))
    graph.node.append(helper.make_node("Add", ["products", "bias"], ["biased"]))
    graph.node.append(helper.make_node("TopK", ["biased", "k"], ["scores", "items"]))
    del graph.input[0], graph.output[:]
    for name, kind in (("items", TensorProto.INT64), ("scores", TensorProto.FLOAT)):
        graph.output.append(helper.make_tensor_value_info(name, kind, ["batch", TOP]))
    save(proto, path)


def _opened(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
