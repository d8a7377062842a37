"""Every row, against the SDK that programs are written with, and in a preview."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from rehearsal.plugins.backend import UNKNOWN, Refused, Resource
from rehearsal.plugins.openstack.rows import ROWS
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import SAMPLES

TOKENS = sorted(ROWS)


def sdk_class(token: str) -> Any:
    module = token.split(":")[1].split("/")[0]
    return getattr(importlib.import_module(f"pulumi_openstack.{module}"), token.split(":")[2])


def sdk_arguments(token: str) -> tuple[set[str], set[str]]:
    """(all, required) camelCase argument names of the SDK's class."""
    resource = sdk_class(token)
    name = f"{resource.__name__}Args"
    arguments = getattr(importlib.import_module(resource.__module__.rpartition(".")[0]), name)
    parameters = list(inspect.signature(arguments.__init__).parameters.values())[1:]
    wire = {p.name: getattr(arguments, p.name).fget._pulumi_name for p in parameters}
    return set(wire.values()), {wire[p.name] for p in parameters if p.default is inspect.Parameter.empty}


def sdk_outputs(token: str) -> set[str]:
    members = vars(sdk_class(token)).values()
    getters = [m.fget for m in members if isinstance(m, property) and m.fget]
    return {getattr(getter, "_pulumi_name", getter.__name__) for getter in getters}


def test_every_row_has_a_sample() -> None:
    assert set(SAMPLES) == set(ROWS)


@pytest.mark.parametrize("token", TOKENS)
def test_the_row_is_the_sdks_class(token: str) -> None:
    row = ROWS[token]
    assert sdk_class(token).pulumi_type == token
    known, required = sdk_arguments(token)
    fields = {field.alias: field for field in row.arguments.model_fields.values()}
    assert set(fields) == known
    assert required <= {name for name, field in fields.items() if field.is_required()}
    assert row.outputs | set(fields) <= sdk_outputs(token) | known
    assert sdk_outputs(token) <= row.outputs | set(fields)
    assert row.forces <= known
    assert row.secret_outputs <= sdk_outputs(token)


@pytest.mark.parametrize("token", TOKENS)
def test_what_is_kept_is_what_the_sdk_says_the_cloud_always_has(token: str) -> None:
    """An output of an optional input that is not ``Optional`` itself is computed in the provider's schema."""
    row = ROWS[token]
    _, required = sdk_arguments(token)
    getters = {
        getattr(m.fget, "_pulumi_name", m.fget.__name__): m.fget
        for m in vars(sdk_class(token)).values()
        if isinstance(m, property) and m.fget
    }
    always = {
        name
        for name, getter in getters.items()
        if name in sdk_arguments(token)[0] - required
        and "Optional[" not in str(getter.__annotations__["return"])
    }
    # What has a default, or must be said, is never said no more; a name is the bridge's own.
    settled = {
        f.alias for f in row.arguments.model_fields.values() if f.is_required() or f.default is not None
    }
    assert row.kept == always - settled - {"name", "type"}


@pytest.mark.parametrize("token", TOKENS)
def test_what_a_change_means(cloud: Cloud, token: str) -> None:
    sample = SAMPLES[token]
    made = cloud.standing(token, sample.inputs)
    assert cloud.diff(made, sample.inputs).changed == frozenset()
    change = cloud.diff(made, {**sample.inputs, **sample.update})
    assert change.changed == set(sample.update)
    assert not change.replaces
    change = cloud.diff(made, {**sample.inputs, **sample.replace})
    assert change.changed == set(sample.replace)
    assert change.replaces & set(sample.replace)


@pytest.mark.parametrize("token", TOKENS)
def test_a_preview_passes_with_nothing_known(cloud: Cloud, token: str) -> None:
    sample = SAMPLES[token]
    required = {str(f.alias) for f in ROWS[token].arguments.model_fields.values() if f.is_required()}
    unknown: list[dict[str, Any]] = [dict.fromkeys({*sample.inputs, *required}, UNKNOWN)]
    unknown += [{**sample.inputs, key: UNKNOWN} for key in sample.inputs]
    for inputs in unknown:
        wanted = Resource(f"urn:pulumi:prod::isthmus::{token}::it", token, "it", "", inputs)
        checked = cloud.backend.check(wanted)
        outputs = cloud.backend.preview(Resource(wanted.urn, token, "it", "", checked))
        assert outputs.items() >= checked.items()
        assert ROWS[token].outputs <= set(outputs)
    assert not cloud.home.openstack.exists()


@pytest.mark.parametrize("token", TOKENS)
def test_an_unknown_argument_is_refused_by_name(cloud: Cloud, token: str) -> None:
    with pytest.raises(Refused, match=r"`colour` is no argument of openstack:") as refused:
        cloud.resource(token, "it", {**SAMPLES[token].inputs, "colour": "red"})
    assert refused.value.property == "colour"
