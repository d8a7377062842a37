"""Calls of a row: parameters made from it, validated by botocore's model, sent to the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.plugins.aws import shapes
from rehearsal.plugins.aws.cloud import Cloud, evaluate
from rehearsal.plugins.aws.resource_type import AwsType, Call
from rehearsal.plugins.backend import Properties

# Not inputs of the cloud: the bridged provider's own, or sent apart.
_OWN = frozenset({"tags", "tagsAll", "region"})


def _parameters(
    cloud: Cloud, row: AwsType, call: Call, context: Mapping[str, Any]
) -> tuple[Properties, dict[str, str]]:
    """The call's parameters, fitted to its shape, and which input each came from."""
    operation = cloud.operation(call.service or row.service, call.operation)
    shape = operation.input_shape
    parameters: Properties = {}
    naming: dict[str, str] = {}
    if call.spread:
        for key, value in context["inputs"].items():
            if key in _OWN or key in row.local_only or value is None:
                continue
            target = row.fields.get(key)
            if target is None:
                target = shapes.member_of(shape, key) or ""
            if target:
                _place(parameters, target.split("."), value, shape)
                naming[target] = key
    for name, template in call.arguments.items():
        value = evaluate(template, context)
        if value is not None:
            _place(parameters, name.split("."), value, shape)
    for name in parameters:
        if name not in naming:
            for key in context["inputs"]:
                if shapes.member_of(shape, key) == name:
                    naming[name] = key
    return parameters, naming


def validate(cloud: Cloud, row: AwsType, call: Call, context: Mapping[str, Any]) -> Properties:
    """Build and validate a call without making it. Raises Refused; returns the parameters."""
    parameters, naming = _parameters(cloud, row, call, context)
    shapes.validate(parameters, cloud.operation(call.service or row.service, call.operation), naming=naming)
    return parameters


def make(cloud: Cloud, row: AwsType, call: Call, context: Mapping[str, Any]) -> Any:
    """Build, validate and make a call. Raises Gone or Refused."""
    parameters = validate(cloud, row, call, context)
    if call.recorded:
        return {}
    return cloud.send(call.service or row.service, call.operation, parameters)


def _place(parameters: Properties, path: list[str], value: Any, shape: Any) -> None:
    name, *rest = path
    if shape.type_name == "list":
        shape = shape.member
    inner = shape.members[name]
    if not rest:
        parameters[name] = shapes.fit(value, inner)
        return
    if inner.type_name == "list":
        holder = parameters.setdefault(name, [{}])[0]
    else:
        holder = parameters.setdefault(name, {})
    _place(holder, rest, value, inner)


__all__ = ["make", "validate"]
