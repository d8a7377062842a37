"""A warm ``pulumi up -s local`` without changes, beside its floor: the same resources by a flat program.

The floor is no second estate, whose names would clash with those of the first. Its stack's state is the
estate's own, under the flat program's names and without components, so that both hold the same resources
of the same clouds, and neither has anything to do to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.engine.command import Engine
from rehearsal.estate import ENGINES_OWN, Estate
from tests.bench import flat
from tests.bench.measure import Sample
from tests.infra.recorded import SECRET, Recorded, secret

STACK = "local"
_PROGRAM = f"urn:pulumi:{flat.NAME}::{flat.NAME}"
_ROOT = f"{_PROGRAM}::pulumi:pulumi:Stack::{flat.NAME}-{flat.NAME}"
_KEPT = ("custom", "id", "type", "inputs", "outputs", "additionalSecretOutputs", "created", "modified")


def compare(estate: Estate, rounds: int) -> tuple[int, Sample, Sample]:
    """``(resources, the estate's seconds, the floor's)`` of ups without changes, in turns. The estate is up.

    Raises RuntimeError where one of the two changes anything.
    """
    floor = _floor(estate)
    ours, theirs, resources = [], [], 0
    for _ in range(rounds):
        ours.append(_unchanged(estate.engine, STACK, config_file=estate.stack_file()))
        theirs.append(_unchanged(floor, flat.NAME))
        resources = len(estate.resources())
    return resources, Sample(tuple(ours)), Sample(tuple(theirs))


def _unchanged(engine: Engine, stack: str, **options: Any) -> float:
    result = engine.up(stack, **options)
    if result.unchanged != result.resources:
        raise RuntimeError(f"{stack} was to be unchanged: {result}")
    return result.seconds


def _floor(estate: Estate) -> Engine:
    """The flat program's engine, its stack as warm as the estate's."""
    exported = estate.engine.export(STACK, show_secrets=True)
    resources = exported["deployment"]["resources"]
    floor = flat.project(estate, program(resources))
    floor.stack_select_or_init(flat.NAME)
    deployment = {**exported["deployment"], "resources": state(resources)}
    floor.take(flat.NAME, {**exported, "deployment": deployment})
    return floor


def program(resources: Iterable[Mapping[str, Any]]) -> str:
    """The flat program of the resources of a state, as an export with secrets shows them."""
    return flat.program(
        [_registered(resource) for resource in resources if _is_flat(resource)], standing=True
    )


def state(resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The resources of the estate's state as those of the flat program."""
    flattened = [_renamed(resource) for resource in resources if _is_flat(resource)]
    # The engine wants providers before what they made.
    flattened.sort(key=lambda resource: "provider" in resource)
    return [{"urn": _ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}, *flattened]


def _is_flat(resource: Mapping[str, Any]) -> bool:
    return bool(resource["custom"]) and resource["type"] != ENGINES_OWN


def _registered(resource: Mapping[str, Any]) -> Recorded:
    """A resource of a state as its program registered it."""
    inputs = {key: _given(value) for key, value in resource.get("inputs", {}).items() if key[:2] != "__"}
    if resource["type"].startswith("pulumi:providers:"):
        inputs.pop("version", None)  # of the class, which says so itself
    return Recorded(
        resource["type"], _name(resource["urn"]), inputs, resource.get("provider", ""), custom=True
    )


def _given(value: Any) -> Any:
    """An input without what providers add to it, and secrets as a program hands them over."""
    if isinstance(value, list):
        return [_given(item) for item in value]
    if not isinstance(value, dict):
        return value
    if SECRET in value:
        return secret(json.loads(value["plaintext"]))
    return {key: _given(item) for key, item in value.items() if key[:2] != "__"}


def _renamed(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource of the estate's state as one of the flat program's."""
    fields = {key: resource[key] for key in _KEPT if key in resource}
    if "provider" in resource:
        provider, _, number = resource["provider"].rpartition("::")
        fields["provider"] = f"{_flat(provider)}::{number}"
    return {"urn": _flat(resource["urn"]), "parent": _ROOT, **fields}


def _flat(urn: str) -> str:
    return f"{_PROGRAM}::{urn.split('::')[2].rpartition('$')[2]}::{_name(urn)}"


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]
