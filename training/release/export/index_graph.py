"""``model.onnx`` with an index: the lists of products are looked up in the graph, by ONNX Runtime alone.

So it runs wherever the exact model runs, in Triton's own backend and in the python one, with the same
inputs and outputs; no server needs the library of an index. What the lists that are looked at hold is
scored exactly, and what the customer bought is scored exactly whether it is in them or not, as repeat
buying counts there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.release.export.onnx_file import OPSET
from training.release.export.product_lists import Floats, ProductLists

NEVER = -1e9
"""Score of what must not be chosen, as ``training.model.layers`` has it."""


class _Graph:
    """Nodes and constants as they are added; what is added is known by its name."""

    def __init__(self, prefix: str = "") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.prefix = prefix

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, name: str = "", **attributes: Any) -> Any:
        """Name of the node's output, or of its outputs."""
        from onnx import helper

        label = f"{self.prefix}{operator}_{len(self.nodes)}"
        names = [name] if name else [f"{label}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=label, **attributes))
        return names[0] if outputs == 1 else names


def index_graph(
    customer: Any, vectors: Floats, bias: Floats, lists: ProductLists, probes: int, top_k: int
) -> Any:
    """The model as an ONNX graph.

    Args:
        customer: ONNX model ``bought`` [B, H, D], ``history``, ``weights`` and ``user`` -> the customer's
            vector [B, D] and what having bought adds [B, H].
        vectors: of all products [N + 1, D]; row 0 is padding.
        bias: of all products [N + 1].
        lists: of the products, from 0, with the bias as last number of a vector.
        probes: lists to look at.
        top_k: products in an answer.
    """
    import onnx
    from onnx import TensorProto, helper

    history_length = customer.graph.input[1].type.tensor_type.shape.dim[1].dim_value
    graph = _Graph()
    product = np.concatenate([[0], lists.order + 1])
    row = np.zeros(len(product), np.int64)
    row[product] = np.arange(len(product))
    biases = bias[product].astype(np.float32)
    biases[0] = NEVER
    graph.constant("vectors", vectors[product].astype(np.float32))
    graph.constant("bias", biases)
    graph.constant("product", product.astype(np.int32))
    graph.constant("row", row)
    for name, value in (
        ("axis_1", [1]),
        ("axis_2", [2]),
        ("best", [top_k + history_length]),
        ("top", [top_k]),
        ("probes", [probes]),
    ):
        graph.constant(name, np.array(value, np.int64))
    graph.constant("never", np.array(NEVER, np.float32))
    graph.constant("nothing", np.array(0, np.float32))
    graph.constant("padding", np.array(0, np.int32))
    bought_rows = graph.add("Gather", "row", "history")
    bought = graph.add("Gather", "vectors", bought_rows, name="bought")
    users, gains = _customer(graph, customer)
    base, ids = _found(graph, users, lists)
    own = _own(graph, users, gains, bought, bought_rows, history_length)
    # What was bought is scored by itself.
    is_own = graph.add(
        "Equal", graph.add("Unsqueeze", ids, "axis_2"), graph.add("Unsqueeze", "history", "axis_1")
    )
    new = _where_any(graph, is_own, base)
    scores = graph.add("Concat", new, own, axis=1)
    both = graph.add("Concat", ids, "history", axis=1)
    graph.nodes.append(helper.make_node("TopK", [scores, "top"], ["scores", "places"], name="answer"))
    graph.add("GatherElements", both, "places", axis=1, name="items")
    batch = "batch"
    inputs = [
        helper.make_tensor_value_info("history", TensorProto.INT32, [batch, history_length]),
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, [batch, history_length]),
        helper.make_tensor_value_info(
            "user",
            TensorProto.FLOAT,
            [batch, customer.graph.input[3].type.tensor_type.shape.dim[1].dim_value],
        ),
    ]
    outputs = [
        helper.make_tensor_value_info("items", TensorProto.INT32, [batch, top_k]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, top_k]),
    ]
    made = helper.make_graph(graph.nodes, "isthmus_indexed", inputs, outputs, graph.constants)
    return onnx.helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=customer.ir_version
    )


def _customer(graph: _Graph, customer: Any) -> tuple[str, str]:
    """The nodes of the customer's half, under names of their own."""
    own = {entry.name: entry.name for entry in customer.graph.input}

    def renamed(name: str) -> str:
        return own.get(name, f"customer_{name}") if name else name

    for entry in customer.graph.initializer:
        copied = type(entry).FromString(entry.SerializeToString())
        copied.name = renamed(entry.name)
        graph.constants.append(copied)
    for node in customer.graph.node:
        copied = type(node).FromString(node.SerializeToString())
        copied.name = renamed(node.name)
        copied.input[:] = [renamed(name) for name in node.input]
        copied.output[:] = [renamed(name) for name in node.output]
        graph.nodes.append(copied)
    users, gains = (renamed(entry.name) for entry in customer.graph.output)
    return users, gains


def _found(graph: _Graph, users: str, lists: ProductLists) -> tuple[str, str]:
    """Scores [B, K + H] and numbers of the best products of the lists that are looked at.

    One customer at a time: for a whole batch at once, the vectors of all of them would have to be held.
    """
    from onnx import TensorProto, helper

    graph.constant("middles", lists.middles[:, :-1].T)
    graph.constant("middles_bias", lists.middles[:, -1])
    length = np.diff(lists.start)
    graph.constant("list_start", lists.start[:-1] + 1)
    graph.constant("list_length", length)
    graph.constant("offsets", np.arange(length.max(), dtype=np.int64))
    graph.constant("row_0", np.array(0, np.int64))
    graph.constant("flat", np.array([-1], np.int64))
    middles = graph.add("Add", graph.add("MatMul", users, "middles"), "middles_bias")
    _, chosen = graph.add("TopK", middles, "probes", outputs=2)

    body = _Graph("each_")
    start = body.add("Unsqueeze", body.add("Gather", "list_start", "one_lists"), "axis_1")
    size = body.add("Unsqueeze", body.add("Gather", "list_length", "one_lists"), "axis_1")
    inside = body.add("Less", "offsets", size)
    padded = body.add("Where", inside, body.add("Add", start, "offsets"), "row_0")
    rows = body.add("Reshape", padded, "flat")
    score = body.add("MatMul", body.add("Gather", "vectors", rows), "one_user")
    biased = body.add("Add", score, body.add("Gather", "bias", rows))
    best, place = body.add("TopK", biased, "best", outputs=2)
    ids = body.add("Gather", "product", body.add("Gather", rows, place))
    each = helper.make_graph(
        body.nodes,
        "each_customer",
        [
            helper.make_tensor_value_info("one_user", TensorProto.FLOAT, [lists.middles.shape[1] - 1]),
            helper.make_tensor_value_info("one_lists", TensorProto.INT64, [None]),
        ],
        [
            helper.make_tensor_value_info(best, TensorProto.FLOAT, [None]),
            helper.make_tensor_value_info(ids, TensorProto.INT32, [None]),
        ],
    )
    base, products = graph.add("Scan", users, chosen, outputs=2, body=each, num_scan_inputs=2)
    return base, products


def _own(graph: _Graph, users: str, gains: str, bought: str, rows: str, history_length: int) -> str:
    """Scores of what was bought [B, H]: NEVER at padding, and where a product comes again."""
    graph.constant("earlier", np.tril(np.ones((history_length, history_length), np.float32), -1)[None])
    plain = graph.add(
        "Squeeze", graph.add("MatMul", bought, graph.add("Unsqueeze", users, "axis_2")), "axis_2"
    )
    equal = graph.add(
        "Equal", graph.add("Unsqueeze", "history", "axis_2"), graph.add("Unsqueeze", "history", "axis_1")
    )
    same = graph.add("Cast", equal, to=1)
    summed = graph.add(
        "Squeeze", graph.add("MatMul", same, graph.add("Unsqueeze", gains, "axis_2")), "axis_2"
    )
    scores = graph.add("Add", graph.add("Add", plain, graph.add("Gather", "bias", rows)), summed)
    again = graph.add("Greater", graph.add("Mul", same, "earlier"), "nothing")
    once = _where_any(graph, again, scores)
    is_padding = graph.add("Equal", "history", "padding")
    return str(graph.add("Where", is_padding, "never", once))


def _where_any(graph: _Graph, flags: str, scores: str) -> str:
    """NEVER where any of the last dimension of ``flags`` is true, else ``scores``."""
    counted = graph.add("ReduceSum", graph.add("Cast", flags, to=1), "axis_2", keepdims=0)
    return str(graph.add("Where", graph.add("Greater", counted, "nothing"), "never", scores))
