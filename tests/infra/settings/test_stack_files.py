"""The project's own stack files: good, apart from each other, and as the schema for editors says."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from infra.settings import read, reference, schema
from infra.settings.checks.addresses import all_networks
from infra.settings.model import Sections, Settings
from infra.settings.urls import is_loopback
from isthmus.cli.commands.settings import app

ROOT = Path(__file__).parents[3]
NAMES = ("local", "dev", "staging", "prod")
BAD = Path(__file__).parent / "bad"


def file(name: str) -> Path:
    return ROOT / "stacks" / f"Pulumi.{name}.yaml"


@pytest.fixture(scope="module")
def stacks() -> dict[str, Settings]:
    return {name: read(file(name)) for name in NAMES}


def test_no_network_of_one_environment_overlaps_one_of_another(stacks: dict[str, Settings]) -> None:
    for settings, other in combinations(stacks.values(), 2):
        for path, network in all_networks(settings).items():
            if path.startswith(
                ("link.", "openstack.cluster.driver")
            ):  # inside a tunnel or cluster; never routed
                continue
            for other_path, other_network in all_networks(other).items():
                assert not network.overlaps(other_network), (settings.stack, path, other.stack, other_path)


def test_local_reaches_this_machine_only(stacks: dict[str, Settings]) -> None:
    local = stacks["local"]
    for url in (local.aws.endpoint_url, local.openstack.auth_url, local.openstack.object_store_url):
        assert url is not None
        assert is_loopback(url)


def test_local_keys_belong_together(stacks: dict[str, Settings]) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    keys = stacks["local"].openstack.throw_away_keys
    assert keys is not None
    public = Ed25519PrivateKey.from_private_bytes(base64.b64decode(keys.signing_key)).public_key()
    assert stacks["local"].serving.trusted_keys == (base64.b64encode(public.public_bytes_raw()).decode(),)


def test_production_is_the_widest(stacks: dict[str, Settings]) -> None:
    prod = stacks["prod"]
    assert len(prod.aws.network.zones) == 3
    assert prod.aws.network.nat_gateways == "per_zone"
    assert prod.aws.gpu_pools
    assert prod.openstack.gpu_pools
    assert set(prod.serving.sites) == {"aws", "openstack"}
    assert prod.aws.object_store.keep_objects
    assert stacks["dev"].aws.network.nat_gateways == "single"


def test_settings_are_frozen(stacks: dict[str, Settings]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        stacks["prod"].budget.usd_per_month = 1.0


def test_cloud_stacks_encrypt_by_their_own_key() -> None:
    for name in ("dev", "staging", "prod"):
        data = yaml.safe_load(file(name).read_text(encoding="utf-8"))
        assert data["secretsprovider"] == f"awskms://alias/isthmus-{name}?region=eu-west-1"


def test_schema_is_current() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run `isthmus settings schema`"


def test_reference_page_is_current() -> None:
    assert reference.FILE.read_text(encoding="utf-8") == reference.text(), "run `isthmus settings schema`"


def test_command_says_that_both_are_current() -> None:
    answer = CliRunner().invoke(app, ["schema", "--check"])
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("name", NAMES)
def test_stack_file_names_the_schema_and_meets_it(name: str) -> None:
    text = file(name).read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../infra/settings/schema.json\n")
    Draft202012Validator.check_schema(schema.schema())
    errors = [
        error.message for error in Draft202012Validator(schema.schema()).iter_errors(yaml.safe_load(text))
    ]
    assert errors == []


@pytest.mark.parametrize(
    "name",
    [
        "unknown-section",
        "unknown-key",
        "unknown-instance-type",
        "negative-budget",
        "release-too-short",
        "one-zone",
        "text-for-number",
        "weak-cipher",
        "missing-region",
    ],
)
def test_schema_refuses_in_the_editor_what_needs_no_second_key(name: str) -> None:
    data = yaml.safe_load((BAD / f"{name}.yaml").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema.schema()).iter_errors(data))


def test_every_setting_has_a_meaning_and_a_kind() -> None:
    from isthmus.settings.descriptions import descriptions
    from isthmus.settings.fields import describe, flatten
    from isthmus.settings.section import Section

    def walk(model: type[Section]) -> list[str]:
        missing = []
        for name, field in model.model_fields.items():
            inner, carried = flatten(field.annotation, field.metadata)
            if not descriptions(model).get(name) or not describe(inner, carried):
                missing.append(f"{model.__name__}.{name}")
            nested: Any = inner
            if isinstance(nested, type) and issubclass(nested, Section):
                missing += walk(nested)
        return missing

    assert walk(Sections) == []


def test_command_checks_all_stacks() -> None:
    answer = CliRunner().invoke(app, ["check"])
    assert answer.exit_code == 0, answer.output
    assert [line.split(":")[0] for line in answer.output.splitlines()] == sorted(NAMES)


def test_training_settings_travel_as_json(stacks: dict[str, Settings]) -> None:
    training = stacks["local"].training
    assert json.loads(training.model_dump_json())["base_port"] == 4620
    assert type(training).model_validate_json(training.model_dump_json()) == training
