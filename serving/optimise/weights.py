"""The weight matrices of an ONNX graph, and the chains of dense layers that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ELEMENTWISE = frozenset({"Add", "Mul", "Sigmoid", "Tanh", "Relu"})
"""Operators that leave each hidden unit to itself."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Hidden:
    """A hidden layer: the matrix into its units, vectors beside them, the matrix out of them; by name."""

    into: str
    beside: tuple[str, ...]
    out_of: str


def values(graph: Any) -> dict[str, Floats]:
    """The float constants of a graph by name."""
    from onnx import TensorProto, numpy_helper

    return {
        entry.name: numpy_helper.to_array(entry)
        for entry in graph.initializer
        if entry.data_type == TensorProto.FLOAT
    }


def replace(graph: Any, name: str, value: Floats) -> None:
    """Put another value in the place of a constant."""
    from onnx import numpy_helper

    place = next(number for number, entry in enumerate(graph.initializer) if entry.name == name)
    graph.initializer[place].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), name))


def dense(graph: Any) -> list[str]:
    """Names of the matrices by which something is multiplied, each used once."""
    constants = values(graph)
    used = [node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[1] in constants]
    return [name for name in used if _uses(graph, name) == 1]


def hidden_layers(graph: Any) -> Iterator[Hidden]:
    """Every hidden layer whose units are seen by one further layer alone."""
    constants, matrices = values(graph), dense(graph)
    for first in graph.node:
        if first.op_type != "MatMul" or first.input[1] not in matrices:
            continue
        width = constants[first.input[1]].shape[-1]
        reached, beside, out_of = {first.output[0]}, list[str](), list[str]()
        alone = width > 1
        for node in graph.node:
            if not reached & set(node.input):
                continue
            if node.op_type == "MatMul" and node.input[0] in reached and node.input[1] in matrices:
                out_of.append(node.input[1])
            elif node.op_type in ELEMENTWISE:
                others = [name for name in node.input if name not in reached]
                alone &= all(name in constants and constants[name].size in (1, width) for name in others)
                alone &= all(constants[name].size == 1 or _uses(graph, name) == 1 for name in others if alone)
                beside += [name for name in others if alone and constants[name].size == width]
                reached.add(node.output[0])
            else:
                alone = False
        if alone and len(out_of) == 1:
            yield Hidden(first.input[1], tuple(beside), out_of[0])


def _uses(graph: Any, name: str) -> int:
    return sum(list(node.input).count(name) for node in graph.node)
