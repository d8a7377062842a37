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
    hashes = {entry.name: f"input {entry.name}" for entry in graph.input}
    constants: dict[str, Any] = {}
    for entry in graph.initializer:
        name, entry.name = entry.name, ""
        hashes[name] = _hash(["constant", entry.SerializeToString(deterministic=True)])
        constants[hashes[name]] = entry
    nodes: dict[str, Any] = {}
    waiting = list(graph.node)
    while waiting:
        later = []
        for node in waiting:
            if all(not name or name in hashes for name in node.input):
                attributes = sorted(entry.SerializeToString(deterministic=True) for entry in node.attribute)
                key = _hash(
                    [node.op_type, node.domain, *(hashes.get(entry, "") for entry in node.input), *attributes]
                )
                nodes.setdefault(key, node)
                hashes |= {name: f"{key} {number}" for number, name in enumerate(node.output)}
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise ValueError(f"the graph's node {later[0].name} needs what nothing computes")
        waiting = later
    _write(graph, hashes, constants, nodes)


def _write(graph: Any, hashes: dict[str, str], constants: dict[str, Any], nodes: dict[str, Any]) -> None:
    names = {hashes[entry.name]: entry.name for entry in [*graph.input, *graph.output]}
    for number, key in enumerate(sorted(constants)):
        names.setdefault(key, f"constant_{number}")
        constants[key].name = names[key]
    available, order = {hashes[entry.name] for entry in graph.input} | set(constants), []
    waiting = sorted(nodes)
    while waiting:
        ready = [
            key for key in waiting if available.issuperset(hashes[name] for name in nodes[key].input if name)
        ]
        for key in ready:
            available |= {hashes[name] for name in nodes[key].output if name}
        order += ready
        waiting = [key for key in waiting if key not in set(ready)]
    written = []
    for number, key in enumerate(order):
        node = nodes[key]
        for place, name in enumerate(node.output):
            if name:
                names.setdefault(hashes[name], f"{node.op_type}_{number}_{place}")
        inputs = [names[hashes[entry]] if entry else "" for entry in node.input]
        outputs = [names[hashes[entry]] if entry else "" for entry in node.output]
        node.name = f"{node.op_type}_{number}"
        _replace(node.input, inputs)
        _replace(node.output, outputs)
        attributes = sorted(node.attribute, key=lambda entry: entry.name)
        _replace(node.attribute, attributes)
        written.append(node)
    _replace(graph.node, written)
    _replace(graph.initializer, [constants[key] for key in sorted(constants)])
    _replace(graph.value_info, [])


def _replace(field: Any, values: Iterable[Any]) -> None:
    copied = list(values)
    copies = [
        value if isinstance(value, str) else type(value).FromString(value.SerializeToString())
        for value in copied
    ]
    del field[:]
    field.extend(copies)


def _hash(parts: Iterable[str | bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(f"{len(raw)} ".encode() + raw)
    return total.hexdigest()
