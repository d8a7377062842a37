"""The link's keys in the real Barbican and in the stand-in for Secrets Manager: made, found, read, pruned."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.doctor import CHECKS, Clouds, run
from infra.link_rotation.key_stores import Barbican, KeyStoreError, SecretsManager, bring, forget
from infra.naming import Naming
from infra.preshared_keys import names, outdated
from rehearsal.home import Home
from rehearsal.openstack_services.services import Cloud
from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.aws.backend import AwsBackend
from rehearsal.plugins.backend import Refused
from tests.infra.recorded import changed_settings
from tests.rehearsal.conftest import filled
from tests.rehearsal.openstack_services.conftest import cloud_of

IN_AWS = "aws:secretsmanager/getSecretVersion:getSecretVersion"
PRIVATELY = "openstack:keymanager/getSecret:getSecret"


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = f"http://127.0.0.1:{free.getsockname()[1]}"
    moto_server.ensure(folder, found)
    try:
        yield folder, found
    finally:
        moto_server.stop(folder)


def clouds(url: str, cloud: Cloud, generations: list[int]) -> Clouds:
    settings = changed_settings(
        "local",
        {
            "aws.endpoint_url": url,
            "openstack.auth_url": cloud.auth_url,
            "openstack.object_store_url": cloud.store_url,
            "openstack.region": cloud.region,
            "link.key_generations": generations,
        },
    )
    return Clouds(settings, None, {f"OS_{name.upper()}": value for name, value in cloud.credentials.items()})


def test_keys_are_made_once_found_by_the_doctor_and_read_by_an_up(
    stand_in: tuple[Path, str], private_site: Home
) -> None:
    folder, url = stand_in
    generations = [1, 3, 1, 1]
    asked, naming = clouds(url, filled(private_site), generations), Naming("local")
    wanted, checks = names(naming, generations), [each for each in CHECKS if "link keys" in each.name]
    assert {each.state for each in run(checks, asked.settings, asked)} == {"failed"}
    stores = SecretsManager(asked), Barbican(asked)
    # One store has a key already, as after something that ended between the two.
    stores[1].put(wanted[0], "kept.from.before")
    assert bring(stores, wanted, lambda _: None) == list(wanted[1:])
    assert stores[0].get(wanted[0]) == "kept.from.before"
    assert bring(stores, wanted, lambda _: None) == []
    assert {each.state for each in run(checks, asked.settings, asked)} == {"ok"}

    aws = AwsBackend(folder)
    aws.configure({"region": "eu-west-1", "endpoints": [{"secretsmanager": url}]})
    private = cloud_of(private_site)
    for name in wanted:
        held = aws.invoke(IN_AWS, {"secretId": name})["secretString"]
        assert held == private.backend.invoke(PRIVATELY, {"name": name})["payload"] == stores[0].get(name)
    with pytest.raises(Refused, match="couldn't find"):
        aws.invoke(IN_AWS, {"secretId": "isthmus-local-link-9-key-1"})

    before = outdated(naming, generations)
    assert before == ("isthmus-local-link-2-key-1",)
    bring(stores, before, lambda _: None)
    told: list[str] = []
    forget(stores, before, told.append)
    forget(stores, before, told.append)
    assert told == [f"{before[0]}: deleted from Secrets Manager and Barbican"]
    assert stores[1].get(before[0]) is None
    with pytest.raises(KeyStoreError, match="restore-secret"):
        stores[0].get(before[0])
    forget(stores, wanted, lambda _: None)


def test_a_preview_of_a_cloud_opens_no_key(tmp_path: Path) -> None:
    aws = AwsBackend(tmp_path / "aws")
    aws.configure({"region": "eu-west-1"})
    assert aws.invoke(IN_AWS, {"secretId": "isthmus-prod-link-1-key-1"})["secretString"] == "placeholder"
