"""The company's orders, in the Swift of the tests, and its keys."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from infra.settings import read
from rehearsal import orders, stack_copy
from rehearsal.home import Home, project_root
from rehearsal.openstack_services.session import Session
from tests.rehearsal.conftest import filled

PROJECT = project_root(Path(__file__).parent)
SAMPLE = PROJECT / "data" / "online-retail"


def test_orders_are_seeded_once(private_site: Home, tmp_path: Path) -> None:
    cloud = filled(private_site)
    swift = Session.of(cloud)
    first = orders.seed(cloud, SAMPLE)
    assert (first.put, first.kept, first.removed) == (26, 0, 0)
    assert orders.seed(cloud, SAMPLE / "by-day") == replace(first, put=0, kept=26)

    path = f"/{orders.BUCKET}/{orders.PREFIX}2011-09-01.csv.gz"
    kept = (SAMPLE / "by-day" / "2011-09-01.csv.gz").read_bytes()
    assert swift.request(orders.STORE, "GET", path).content == kept
    swift.request(orders.STORE, "PUT", path, data=b"spoilt")
    swift.request(orders.STORE, "DELETE", path.replace("09-01", "09-02"))
    again = orders.seed(cloud, SAMPLE)
    assert (again.put, again.kept) == (2, 24)
    assert swift.request(orders.STORE, "GET", path).content == kept

    few = tmp_path / "few"
    few.mkdir()
    shutil.copy(SAMPLE / "by-day" / "2011-09-01.csv.gz", few)
    fewer = orders.seed(cloud, few)
    assert (fewer.put, fewer.kept, fewer.removed) == (0, 1, 25)


def test_a_folder_without_orders_is_named(tmp_path: Path) -> None:
    with pytest.raises(orders.NoOrders, match=f"{tmp_path} holds no orders: expected files such as"):
        orders.counted(tmp_path)


def test_the_keys_are_those_of_the_local_stack() -> None:
    keys = orders.throwaway_keys()
    config = yaml.safe_load((PROJECT / "stacks" / "Pulumi.local.yaml").read_text())["config"]
    assert keys.public in config["isthmus:serving"]["trusted_keys"]
    written = config["isthmus:openstack"]["throw_away_keys"]
    assert (keys.pseudonym, keys.signing) == (written["pseudonym_key"], written["signing_key"])


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
