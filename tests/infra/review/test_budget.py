"""Budgets: what passes one, through what, and what keeps the capacity for less."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from infra.review.budget.alternatives import MOST
from infra.review.preview import Preview
from infra.settings.budget import BudgetSettings
from infra.settings.catalogue import instance_types
from infra.settings.cost import CostSettings, Usage
from tests.infra.review.bills import BOOK
from tests.infra.review.changes import BUCKET, GROUP, judged, preview, state
from tests.infra.review.test_bill import price

COST = CostSettings(usage=Usage(training_hours=73, spot_share=0.75), price_book=BOOK)


def side(kind: str, *, least: int = 0, most: int = 4, purpose: str = "training") -> Preview:
    labels = {"isthmus.dev/pool": "big", "isthmus.dev/purpose": purpose}
    inputs: dict[str, Any] = {
        "instanceTypes": [kind],
        "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": least, "maxSize": most},
        "labels": labels,
    }
    return preview(state(GROUP, "aws-pool-big", inputs), state(BUCKET, "b"))


def test_a_change_that_passes_the_budget_is_refused_with_its_causes() -> None:
    verdict = judged(
        side("g5.xlarge"), side("g5.48xlarge"), budget=BudgetSettings(usd_per_month=1000), cost=COST
    )
    assert verdict.outcome == "over budget"
    (over,) = verdict.overruns
    added = 4 * 73 * (price("ec2.csv", "g5.48xlarge") - price("ec2.csv", "g5.xlarge"))
    assert [(share.name, share.usd) for share in over.largest] == [
        ("aws-pool-big", added.quantize(Decimal("0.01")))
    ]
    assert over.after > over.limit > over.before


def test_a_change_that_comes_nearer_to_the_budget_is_let_pass() -> None:
    budget = BudgetSettings(usd_per_month=1)
    assert judged(side("g5.2xlarge"), side("g5.xlarge"), budget=budget, cost=COST).outcome == "good"
    assert judged(side("g5.xlarge"), side("g5.xlarge"), budget=budget, cost=COST).outcome == "good"


def test_components_have_budgets_of_their_own() -> None:
    budget = BudgetSettings(components={"aws/other": 1.0})
    assert judged(side("g5.xlarge"), side("g5.48xlarge"), budget=budget, cost=COST).outcome == "good"


def test_the_cheapest_way_keeps_the_capacity_and_saves_what_it_says() -> None:
    """By spot, by hand: three quarters of the hours at the spot price."""
    after = side("g5.4xlarge")
    verdict = judged(side("g5.xlarge"), after, budget=BudgetSettings(usd_per_month=300), cost=COST)
    (over,) = verdict.overruns
    assert 0 < len(over.alternatives) <= MOST
    best = over.alternatives[0]
    now = (4 * 73 * price("ec2.csv", "g5.4xlarge")).quantize(Decimal("0.01"))
    hours = Decimal(4 * 73)
    ways = {
        "spot": hours
        * (
            Decimal("0.75") * price("ec2_spot.csv", "g5.4xlarge")
            + Decimal("0.25") * price("ec2.csv", "g5.4xlarge")
        ),
        "private": hours * Decimal("1.08"),
    }
    assert abs(best.saves - (now - min(ways.values()))) <= Decimal("0.02")
    assert ("spot_with_fallback" in best.what) == (ways["spot"] < ways["private"])
    assert best.enough == (over.after - best.saves <= over.limit)


def test_no_alternative_has_less_than_what_it_stands_for() -> None:
    verdict = judged(
        side("g5.xlarge"),
        side("g5.12xlarge", purpose="serving"),
        budget=BudgetSettings(usd_per_month=10),
        cost=COST,
    )
    machine = instance_types()["g5.12xlarge"]
    for way in verdict.overruns[0].alternatives:
        named = [other for name, other in instance_types().items() if f"instance_type: {name}" in way.what]
        assert all(other.gpus >= machine.gpus and other.memory_gib >= machine.memory_gib for other in named)
        assert "g1.l4" not in way.what
        assert "spot" not in way.what


def test_a_pool_that_trains_needs_no_nodes_meanwhile() -> None:
    verdict = judged(
        side("g5.xlarge"), side("g5.xlarge", least=2), budget=BudgetSettings(usd_per_month=10), cost=COST
    )
    assert any("min: 0" in way.what for way in verdict.overruns[0].alternatives)
