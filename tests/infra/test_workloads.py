"""The table of workloads: every key in it is a setting, and what is derived from it is what a site needs."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings, read
from infra.settings.keys import keys
from infra.workloads import WORKLOADS, Workload, allowed_traffic, workloads
from infra.workloads_page import text
from tests.infra.recorded import ROOT

DATABASE = "postgresql+psycopg://db.example:6543/shop"


def changed(section: str, **values: Any) -> Settings:
    """Stack dev with another section."""
    settings = read(ROOT / "stacks" / "Pulumi.dev.yaml")
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.kind)
def test_every_key_of_the_table_is_a_setting(workload: Workload) -> None:
    named = {*workload.enabled, *filter(None, (workload.sites_setting, workload.database))}
    assert named <= set(keys())


def test_no_two_workloads_share_a_kind_or_an_account() -> None:
    assert len({workload.kind for workload in WORKLOADS}) == len(WORKLOADS)
    assert len({workload.account for workload in WORKLOADS}) == len(WORKLOADS)


@pytest.mark.parametrize("sites", [("aws",), ("openstack",), ("aws", "openstack")])
def test_serving_runs_on_the_sites_that_the_settings_name(sites: tuple[str, ...]) -> None:
    settings = changed("serving", enabled=True, sites=sites)
    both: tuple[Any, ...] = ("aws", "openstack")
    found = [site for site in both if "serving" in {each.kind for each in workloads(site, settings)}]
    assert found == list(sites)


def test_nothing_of_the_training_runs_where_the_estate_does_not_train() -> None:
    settings = changed("training", enabled=False)
    assert not workloads("openstack", settings)
    assert {each.kind for each in workloads("aws", settings)} <= {"serving"}


def test_a_database_is_reached_from_the_site_and_the_namespace_that_ask_it_and_no_other() -> None:
    settings = changed("training", orders_url=f"{DATABASE}?table=orders")
    openstack, aws = allowed_traffic("openstack", settings), allowed_traffic("aws", settings)
    assert 6543 in openstack["training"].ports
    assert 6543 not in {*openstack["serving"].ports, *aws["training"].ports, *aws["serving"].ports}


def test_the_page_tells_of_a_right_that_is_denied() -> None:
    (training,) = [line for line in text().splitlines() if line.startswith("| training |")]
    assert "deletes `checkpoints/*`; never writes `releases/*/validation.json`" in training
