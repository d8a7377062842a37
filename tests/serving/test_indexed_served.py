"""A release whose towers have an index: served, and made variants of, as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from serving.optimise.choice import Rule
from serving.optimise.run import Effort, optimise
from serving.repository.lists import tower_lists
from tests.serving.small_release import HISTORY, TOP_K, USER
from tests.serving.two_stage_release import DIMENSIONS, make_two_stages
from training.release import Customers, describe, read, write
from training.release.export.index_graph import index_graph
from training.release.export.product_lists import product_lists


def _customer() -> onnx.ModelProto:
    """The half of ``two_stage_release``'s towers that knows the customer: a weighted sum."""
    inputs = [
        ("bought", TensorProto.FLOAT, (HISTORY, DIMENSIONS)),
        ("history", TensorProto.INT32, (HISTORY,)),
    ]
    inputs += [("weights", TensorProto.FLOAT, (HISTORY,)), ("user", TensorProto.FLOAT, (USER,))]
    graph = helper.make_graph(
        [
            helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
            helper.make_node("Mul", ["bought", "column"], ["weighed"]),
            helper.make_node("ReduceSum", ["weighed", "second"], ["vector"], keepdims=0),
            helper.make_node("Mul", ["weights", "nothing"], ["gains"]),
        ],
        "customer",
        [helper.make_tensor_value_info(name, kind, ["B", *shape]) for name, kind, shape in inputs],
        [
            helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["B", DIMENSIONS]),
            helper.make_tensor_value_info("gains", TensorProto.FLOAT, ["B", HISTORY]),
        ],
        [
            numpy_helper.from_array(value, name)
            for name, value in (
                ("last", np.array([2])),
                ("second", np.array([1])),
                ("nothing", np.zeros(1, np.float32)),
            )
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_a_release_with_an_index_is_served_and_optimised_as_any_other(tmp_path: Path) -> None:
    release = tmp_path / "release"
    make_two_stages(release)
    customers = Customers.read(release)
    exact = tower_lists(release / "model.onnx", customers, list(customers))
    towers = {
        entry.name: numpy_helper.to_array(entry)
        for entry in onnx.load(release / "model.onnx").graph.initializer
    }
    vectors = towers["vectors"]
    known = np.concatenate([vectors[1:], np.zeros((len(vectors) - 1, 1), np.float32)], axis=1)
    lists = product_lists(
        known, np.random.default_rng(0).normal(size=(30, known.shape[1])).astype(np.float32), 1
    )
    bias = np.zeros(len(vectors), np.float32)
    made = index_graph(_customer(), vectors, bias, lists, len(lists.middles), TOP_K)
    onnx.save(made, release / "model.onnx")
    manifest = read(release).model_copy(update={"files": describe(release)})
    write(release, manifest)

    # All lists are looked at, so the answers are those without an index.
    for wanted, got in zip(
        exact, tower_lists(release / "model.onnx", customers, list(customers)), strict=True
    ):
        np.testing.assert_allclose(got, wanted, atol=1e-4)

    record = optimise(release, manifest, tmp_path / "optimised", Rule(), effort=Effort(turns=2))
    (table,) = [table for table in record.tables if table.stage == "two_tower"]
    rows = {row.variant: row for row in table.rows}
    assert rows["fp32"].measured
    assert rows["int8-dynamic"].measured
    assert "an index looks products up" in (rows["cropped-75"].unmeasured or "")
    assert onnxruntime.InferenceSession(str(tmp_path / "optimised" / table.file))
    print({name: row.unmeasured or row.measured for name, row in rows.items()})
