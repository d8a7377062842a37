"""Pre-shared keys of one's own: which end gets which, and one tunnel's renewed while the others carry."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.__main__ import estate
from infra.link.stored_keys import agreed
from infra.link.vocabulary import LinkError
from infra.link_rotation.key_stores import KeyStoreError, bring, forget
from infra.link_rotation.rotation import RotationError, others_carry, turned, written
from infra.naming import Naming
from infra.preshared_keys import VALID, names, new_key, outdated
from infra.settings import SettingsError, read
from infra.settings.link import LinkSettings
from tests.infra.recorded import ROOT, Estate, changed_settings, estate_of, kept, record, secret

VPN = "aws:ec2/vpnConnection:VpnConnection"
SERVER = "openstack:compute/instance:Instance"
NAMING = Naming("prod")


def test_each_end_of_each_tunnel_gets_the_key_of_that_tunnel() -> None:
    found = estate_of("prod")
    tunnels = iter(names(NAMING, (1, 1, 1, 1)))
    for each in (1, 2):
        vpn, server = found.one(VPN, f"link-{each}"), found.one(SERVER, f"link-servers-{each}")
        for number in (1, 2):
            key = kept(next(tunnels))
            assert vpn.inputs[f"tunnel{number}PresharedKey"] == secret(key)
            assert str(server.inputs["userData"]["value"]).count(key) == 1
    assert next(tunnels, None) is None


def with_generations(*generations: int) -> Estate:
    settings = changed_settings("prod", {"link.key_generations": list(generations)})
    return record(lambda: estate(settings), "prod")


def test_a_turned_tunnel_changes_its_connection_and_its_server_and_nothing_of_the_other() -> None:
    before, after = estate_of("prod"), with_generations(1, 2, 1, 1)
    assert len(before.resources) == len(after.resources)
    changed = [
        (old.type, old.name, {key for key in old.inputs if old.inputs[key] != new.inputs[key]})
        for old in before.resources
        for new in [after.one(old.type, old.name)]
        if old.inputs != new.inputs
    ]
    assert changed == [
        (VPN, "link-1", {"tunnel2PresharedKey"}),
        (SERVER, "link-servers-1", {"userData"}),
    ]


def test_vpnaas_has_the_first_key_and_reads_no_other() -> None:
    settings = changed_settings("dev", {"link.key_generations": [3, 1, 1, 1]})
    found = record(lambda: estate(settings), "dev")
    (vpn,) = found.of(VPN)
    (connection,) = found.of("openstack:vpnaas/siteConnection:SiteConnection")
    key = secret(kept("isthmus-dev-link-1-key-3"))
    assert (vpn.inputs["tunnel1PresharedKey"], connection.inputs["psk"]) == (key, key)
    assert "tunnel2PresharedKey" not in vpn.inputs


def test_two_keys_of_one_name_stop_the_up_before_it_changes_a_tunnel() -> None:
    with pytest.raises(LinkError, match="two keys called a-name") as told:
        agreed("a-name", "one.key.of.the.two", "another.key.of.the.two")
    assert "key.of" not in str(told.value)
    with pytest.raises(LinkError, match="no pre-shared key"):
        agreed("a-name", "0short", "0short")
    with pytest.raises(LinkError, match="no pre-shared key"):
        agreed("a-name", "placeholder: of a preview", "placeholder: of a preview")


def test_a_new_key_is_one_that_both_halves_take() -> None:
    made = {new_key() for _ in range(500)}
    assert len(made) == 500
    assert all(VALID.fullmatch(key) for key in made)


class Store:
    """A store in memory, of which any number of writes is the last."""

    def __init__(self, title: str, writes: int = 99) -> None:
        self.title, self.writes, self.keys = title, writes, dict[str, str]()

    def get(self, name: str) -> str | None:
        return self.keys.get(name)

    def put(self, name: str, key: str) -> None:
        if not self.writes:
            raise OSError("the store is away")
        self.writes -= 1
        assert name not in self.keys, "a key is never changed"
        self.keys[name] = key

    def forget(self, name: str) -> bool:
        return self.keys.pop(name, None) is not None


@given(st.integers(0, 4), st.integers(0, 4))
def test_what_was_interrupted_goes_on_with_the_keys_that_are_there(first: int, second: int) -> None:
    stores, wanted = (Store("one", first), Store("two", second)), names(NAMING, (1, 1, 2, 1))
    if min(first, second) < 4:
        with pytest.raises(OSError, match="away"):
            bring(stores, wanted, lambda _: None)
    else:
        bring(stores, wanted, lambda _: None)
    before = {**stores[0].keys, **stores[1].keys}
    for store in stores:
        store.writes = 99
    bring(stores, wanted, lambda _: None)
    assert stores[0].keys == stores[1].keys
    assert set(stores[0].keys) == set(wanted)
    assert before.items() <= stores[0].keys.items()
    assert bring(stores, wanted, lambda _: None) == []


def test_two_stores_that_disagree_are_not_mended_by_guessing() -> None:
    stores = Store("one"), Store("two")
    stores[0].keys["a"], stores[1].keys["a"] = new_key(), new_key()
    with pytest.raises(KeyStoreError, match="one and two have two keys called a"):
        bring(stores, ["a"], lambda _: None)


def test_only_keys_before_the_last_two_are_pruned() -> None:
    found = outdated(NAMING, (1, 2, 3, 4))
    assert found == ("isthmus-prod-link-3-key-1", "isthmus-prod-link-4-key-1", "isthmus-prod-link-4-key-2")
    store = Store("one")
    store.keys = dict.fromkeys((*found, *names(NAMING, (1, 2, 3, 4))), "k")
    forget([store], found, lambda _: None)
    assert tuple(store.keys) == names(NAMING, (1, 2, 3, 4))


class Aws:
    """As much of the clouds as a rotation asks."""

    def __init__(self, *connections: Mapping[str, Any]) -> None:
        self.connections = connections

    def sign_in(self, site: str) -> None:
        assert site == "aws"

    def aws(self, service: str) -> Any:
        assert service == "ec2"
        return self

    def describe_vpn_connections(self, Filters: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        (wanted,) = Filters
        assert wanted["Name"] == "tag:Name"
        return {"VpnConnections": [each for each in self.connections if each["Name"] in wanted["Values"]]}


def connection(number: int, *states: str, state: str = "available") -> dict[str, Any]:
    told = [{"Status": each, "OutsideIpAddress": f"192.0.2.{n}"} for n, each in enumerate(states, start=1)]
    return {"Name": f"isthmus-prod-link-{number}", "State": state, "VgwTelemetry": told}


@pytest.mark.parametrize(
    ("tunnel", "connections", "why"),
    [
        (1, [connection(2, "UP", "UP")], None),
        (4, [connection(1, "UP", "UP"), connection(2, "DOWN", "DOWN")], None),
        (1, [connection(1, "UP", "UP"), connection(2, "UP", "DOWN")], "the tunnel of 192.0.2.2 is DOWN"),
        (3, [connection(2, "UP", "UP")], "AWS has no VPN connection isthmus-prod-link-1"),
        (1, [connection(2, "UP", "UP", state="deleted")], "AWS has no VPN connection isthmus-prod-link-2"),
        (2, [connection(2)], "AWS tells nothing of the tunnels of isthmus-prod-link-2"),
    ],
)
def test_a_tunnel_is_turned_while_both_of_the_other_server_carry(
    tunnel: int, connections: list[dict[str, Any]], why: str | None
) -> None:
    told = others_carry(Aws(*connections), NAMING, LinkSettings(), tunnel)  # type: ignore[arg-type]
    assert (told is None) == (why is None)
    assert why is None or why in str(told)


def test_vpnaas_has_no_other_tunnel_to_carry() -> None:
    told = others_carry(Aws(), NAMING, LinkSettings(private_gateway="vpnaas"), 1)  # type: ignore[arg-type]
    assert told is not None
    assert "one tunnel" in told


def test_a_stack_file_keeps_its_comments_and_is_read_before_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    shutil.copy(ROOT / "stacks" / file.name, file)
    before = file.read_text().splitlines()
    text = written(file, "prod", turned((1, 1, 1, 1), 3), read)
    (changed,) = [(old, new) for old, new in zip(before, text.splitlines(), strict=True) if old != new]
    assert changed[1] == changed[0].replace("[1, 1, 1, 1]", "[1, 1, 2, 1]")
    with pytest.raises(SettingsError):
        written(file, "prod", (0, 1, 1, 1), read)
    file.write_text(file.read_text().replace("[1, 1, 1, 1]", "\n      [1, 1, 1, 1]"))
    with pytest.raises(RotationError, match="not on a line of its own"):
        written(file, "prod", (2, 1, 1, 1), read)
