"""The floor of the warm up holds what the estate's state holds, under its own names."""

from __future__ import annotations

from typing import Any

from tests.bench import warm_up
from tests.infra.recorded import record, secret

_SECRET = {**secret(None), "plaintext": '"s"'}
_SECRET.pop("value")
_URN = "urn:pulumi:local::isthmus::"
_STATE: list[dict[str, Any]] = [
    {"urn": f"{_URN}pulumi:pulumi:Stack::isthmus-local", "custom": False, "type": "pulumi:pulumi:Stack"},
    {"urn": f"{_URN}isthmus:aws:Site::aws", "custom": False, "type": "isthmus:aws:Site"},
    {
        "urn": f"{_URN}isthmus:aws:Site$aws:ssm/parameter:Parameter::key::a",
        "custom": True,
        "id": "key",
        "type": "aws:ssm/parameter:Parameter",
        "inputs": {"type": "String", "value": _SECRET, "__defaults": ["type"]},
        "parent": f"{_URN}isthmus:aws:Site::aws",
        "provider": f"{_URN}pulumi:providers:aws::aws::one",
        "dependencies": [f"{_URN}isthmus:aws:Site::aws"],
    },
    {
        "urn": f"{_URN}pulumi:providers:aws::aws",
        "custom": True,
        "id": "one",
        "type": "pulumi:providers:aws",
        "inputs": {"region": "eu-west-1", "s3UsePathStyle": "true", "version": "7", "__internal": {}},
    },
    {
        "urn": f"{_URN}pulumi:providers:pulumi::default",
        "custom": True,
        "id": "engine",
        "type": "pulumi:providers:pulumi",
    },
]


def test_the_program_registers_what_stands_without_what_providers_added() -> None:
    text = warm_up.program(_STATE)
    recorded = record(lambda: exec(compile(text, "flat", "exec"), {}))  # noqa: S102 - of our own making
    found = {resource.name: resource for resource in recorded.resources}
    assert found.keys() == {"aws", "key::a"}
    assert found["key::a"].inputs == {"type": "String", "value": secret("s")}
    assert found["key::a"].provider.split("::")[-2] == "aws"
    # The class has defaults of its own.
    inputs = found["aws"].inputs
    assert inputs.items() >= {"region": "eu-west-1", "s3UsePathStyle": "true"}.items()
    assert "version" not in inputs


def test_the_state_is_the_estates_under_the_programs_names_and_without_components() -> None:
    root, provider, key = warm_up.state(_STATE)
    assert root["urn"] == "urn:pulumi:flat::flat::pulumi:pulumi:Stack::flat-flat"
    assert provider["urn"] == "urn:pulumi:flat::flat::pulumi:providers:aws::aws"
    assert key["urn"] == "urn:pulumi:flat::flat::aws:ssm/parameter:Parameter::key::a"
    assert key["provider"] == f"{provider['urn']}::one"
    assert key["parent"] == provider["parent"] == root["urn"]
    assert (key["id"], key["inputs"]) == ("key", _STATE[2]["inputs"])
    assert "dependencies" not in key
