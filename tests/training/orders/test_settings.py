"""What the jobs of the private site are given of the section ``orders``."""

from __future__ import annotations

import json

import pytest

from training.orders.settings import OrdersSettings, parse


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"columns": {"date": "Day"}, "dates": ("%Y-%m-%d %H:%M",)},
        {"limits": {"fewer": 0.4}},
        {"private": ("Email",)},
    ],
    ids=["defaults", "a column for the date", "limits", "private columns"],
)
def test_a_job_reads_the_section_as_it_was_written(written: dict[str, object]) -> None:
    settings = OrdersSettings.model_validate(written)
    assert parse(settings.variable()) == settings


def test_a_field_that_is_not_set_changes_no_job_of_a_standing_estate() -> None:
    shop = OrdersSettings.model_validate({"columns": {"country": None}, "accept_fewer": True})
    assert json.loads(shop.variable()) == {"columns": {"country": None}, "accept_fewer": True}
    assert json.loads(shop.variable("accept_fewer")) == {"columns": {"country": None}}
