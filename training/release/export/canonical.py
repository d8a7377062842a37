"""One form for equal ONNX graphs: the exporter's order and names follow addresses in memory, and differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any


def canonical(graph: Any) -> None:
    """Rewrite a graph in place: equal nodes and constants merged, in an order and with names by content.

    A value is known by a hash of what computes it: its operator, attributes and the hashes of the inputs.
    Inputs and outputs of the graph keep their names.
    """
    known = {one.name: f"input {one.name}" for one in graph.input}
    constants: dict[str, Any] = {}
    for one in graph.initializer:
        name, one.name = one.name, ""
        known[name] = _hash(["constant", one.SerializeToString(deterministic=True)])
        constants[known[name]] = one
    nodes: dict[str, Any] = {}
    waiting = list(graph.node)
    while waiting:
        left = []
        for node in waiting:
            if all(not name or name in known for name in node.input):
                attributes = sorted(one.SerializeToString(deterministic=True) for one in node.attribute)
                of = _hash(
                    [node.op_type, node.domain, *(known.get(one, "") for one in node.input), *attributes]
                )
                nodes.setdefault(of, node)
                known |= {name: f"{of} {number}" for number, name in enumerate(node.output)}
            else:
                left.append(node)
        if len(left) == len(waiting):
            raise ValueError(f"the graph's node {left[0].name} needs what nothing computes")
        waiting = left
    _write(graph, known, constants, nodes)


def _write(graph: Any, known: dict[str, str], constants: dict[str, Any], nodes: dict[str, Any]) -> None:
    names = {known[one.name]: one.name for one in [*graph.input, *graph.output]}
    for number, of in enumerate(sorted(constants)):
        names.setdefault(of, f"constant_{number}")
        constants[of].name = names[of]
    done, order = {known[one.name] for one in graph.input} | set(constants), []
    waiting = sorted(nodes)
    while waiting:
        ready = [of for of in waiting if all(not one or known[one] in done for one in nodes[of].input)]
        for of in ready:
            done |= {known[one] for one in nodes[of].output if one}
        order += ready
        waiting = [of for of in waiting if of not in set(ready)]
    written = []
    for number, of in enumerate(order):
        node = nodes[of]
        for place, name in enumerate(node.output):
            if name:
                names.setdefault(known[name], f"{node.op_type}_{number}_{place}")
        inputs = [names[known[one]] if one else "" for one in node.input]
        outputs = [names[known[one]] if one else "" for one in node.output]
        node.name = f"{node.op_type}_{number}"
        _replace(node.input, inputs)
        _replace(node.output, outputs)
        attributes = sorted(node.attribute, key=lambda one: one.name)
        _replace(node.attribute, attributes)
        written.append(node)
    _replace(graph.node, written)
    _replace(graph.initializer, [constants[of] for of in sorted(constants)])
    _replace(graph.value_info, [])


def _replace(field: Any, values: Iterable[Any]) -> None:
    kept = list(values)
    copies = [
        value if isinstance(value, str) else type(value).FromString(value.SerializeToString())
        for value in kept
    ]
    del field[:]
    field.extend(copies)


def _hash(parts: Iterable[str | bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(f"{len(raw)} ".encode() + raw)
    return total.hexdigest()
