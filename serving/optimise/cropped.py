"""Embedding dimensions cropped: the products' vectors by the singular values that keep dot products best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from serving.optimise.errors import NotMade
from serving.optimise.weights import values


def crop(model: Path, made: Path, share: float, products: int) -> None:
    """Keep ``share`` of the dimensions of each table of products, by truncated SVD.

    A table [products, D] becomes [products, d] and a rotation [d, D], which stands behind what looks vectors
    up, and before what multiplies a customer by all of them. By Eckart and Young no other d dimensions keep
    the table as well. ``products`` is how many there are: a table has a row for each, and one for padding.

    Raises:
        NotMade: where the model has no table of products, or looks into it by an index.
    """
    import onnx

    proto = onnx.load(model)
    if any(node.op_type == "Scan" for node in proto.graph.node):
        raise NotMade("an index looks products up by vectors as they are; set training.embedding_dim lower")
    nodes, cropped = [], 0
    for node in proto.graph.node:
        table = _table(proto.graph, node, products)
        if table is None:
            nodes.append(node)
            continue
        cropped += 1
        nodes += _through_fewer(proto.graph, node, table, share)
    if not cropped:
        raise NotMade("the model has no table of products whose dimensions could be cropped")
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [entry for entry in proto.graph.initializer if entry.name in used]
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(kept)
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto)
    onnx.save(proto, made)


def _table(graph: Any, node: Any, products: int) -> str | None:
    """The constant of a node that looks up products, or multiplies by all of them."""
    if node.op_type not in ("Gather", "MatMul"):
        return None
    looks_up = node.op_type == "Gather"
    name = node.input[0 if looks_up else 1]
    constant = values(graph).get(name)
    if constant is None or constant.ndim != 2:
        return None
    rows, columns = constant.shape if looks_up else constant.shape[::-1]
    return name if rows in (products, products + 1) and columns > 1 else None


def _through_fewer(graph: Any, node: Any, name: str, share: float) -> list[Any]:
    """A node's two successors: the lookup and its rotation back, or the rotation and the product by all."""
    from onnx import helper, numpy_helper

    looks_up = node.op_type == "Gather"
    table = values(graph)[name]
    left, sizes, right = np.linalg.svd(
        (table if looks_up else table.T).astype(np.float64), full_matrices=False
    )
    dimensions = max(1, round(len(sizes) * share))
    vectors = (left[:, :dimensions] * sizes[:dimensions]).astype(np.float32)
    rotation = right[:dimensions].astype(np.float32)
    label, between = f"{node.name or node.output[0]}_cropped", f"{node.output[0]}_cropped"
    parts = (vectors, rotation) if looks_up else (rotation.T, vectors.T)
    names = (f"{label}_first", f"{label}_second")
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(part), part_name)
        for part, part_name in zip(parts, names, strict=True)
    )
    if looks_up:
        first = helper.make_node("Gather", [names[0], node.input[1]], [between], name=f"{label}_look_up")
    else:
        first = helper.make_node("MatMul", [node.input[0], names[0]], [between], name=f"{label}_rotate")
    second = helper.make_node("MatMul", [between, names[1]], [node.output[0]], name=f"{label}_multiply")
    return [first, second]
