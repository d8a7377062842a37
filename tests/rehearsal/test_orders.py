"""The company's orders and keys, in a store of the test's own."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from infra.settings import read
from rehearsal import orders, stack_copy
from rehearsal.home import Home, project_root
from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.openstack.backend import OpenStackBackend
from rehearsal.plugins.openstack.functions import GET_SECRET
from rehearsal.plugins.openstack.object_store import s3

PROJECT = project_root(Path(__file__).parent)
SAMPLE = PROJECT / "data" / "online-retail"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    moto_server.stop(home.openstack)


@pytest.fixture
def url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_orders_are_seeded_once(home: Home, url: str, tmp_path: Path) -> None:
    first = orders.seed(home, url, SAMPLE)
    assert (first.put, first.kept, first.removed) == (26, 0, 0)
    assert orders.seed(home, url, SAMPLE / "by-day") == replace(first, put=0, kept=26)

    store = s3(url)
    key = "online-retail/2011-09-01.csv.gz"
    kept = (SAMPLE / "by-day" / "2011-09-01.csv.gz").read_bytes()
    assert store.get_object(Bucket="shop-orders", Key=key)["Body"].read() == kept
    store.put_object(Bucket="shop-orders", Key=key, Body=b"spoilt")
    store.delete_object(Bucket="shop-orders", Key="online-retail/2011-09-02.csv.gz")
    again = orders.seed(home, url, SAMPLE)
    assert (again.put, again.kept) == (2, 24)
    assert store.get_object(Bucket="shop-orders", Key=key)["Body"].read() == kept

    few = tmp_path / "few"
    few.mkdir()
    shutil.copy(SAMPLE / "by-day" / "2011-09-01.csv.gz", few)
    fewer = orders.seed(home, url, few)
    assert (fewer.put, fewer.kept, fewer.removed) == (0, 1, 25)

    moto_server.stop(home.openstack)  # it forgets; the next seed fills it again
    assert orders.seed(home, url, few).put == 1


def test_a_folder_without_orders_is_named(home: Home, url: str, tmp_path: Path) -> None:
    with pytest.raises(orders.NoOrders, match=f"{tmp_path} holds no orders: expected files such as"):
        orders.seed(home, url, tmp_path)


def test_the_keys_are_those_of_the_local_stack(home: Home) -> None:
    keys = orders.seed_keys(home)
    assert keys == orders.throwaway_keys()
    config = yaml.safe_load((PROJECT / "stacks" / "Pulumi.local.yaml").read_text())["config"]
    assert keys.public in config["isthmus:serving"]["trusted_keys"]
    written = config["isthmus:openstack"]["throw_away_keys"]
    assert (keys.pseudonym, keys.signing) == (written["pseudonym_key"], written["signing_key"])
    payload = OpenStackBackend(home).invoke(GET_SECRET, {"name": "isthmus-keys"})["payload"]
    assert json.loads(payload)["signing"] == keys.signing


def test_the_stack_file_names_the_version_of_the_sample(tmp_path: Path) -> None:
    """So a rehearsal of the sample is the plain stack file, and `pulumi up -s local` changes nothing."""
    root = Path(__file__).parents[2]
    told = read(root / "stacks" / "Pulumi.local.yaml", "local").training.orders_version
    assert told == orders.version_of(orders.order_files(root / "data" / "online-retail"))
    shorter = orders.order_files(root / "data" / "online-retail")[:-1]
    assert orders.version_of(shorter) != told


@pytest.mark.parametrize(
    "digest", ["13608073156700e5", "0123456789012345", "1234567890123456", "00000000000000e0"]
)
def test_a_digest_that_looks_like_a_number_is_a_text_in_the_copy(tmp_path: Path, digest: str) -> None:
    home = Home(tmp_path)
    stack_copy.remember_orders(home, digest)
    made = stack_copy.write(home, PROJECT)
    assert read(made, "local").training.orders_version == digest
    assert yaml.safe_load(made.read_text())["config"]["isthmus:training"]["orders_version"] == digest
