"""The shop of any size, and what is lost where it has more products than a ridge takes."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from isthmus.cli.bars import Bars
from isthmus.progress import Progress
from tests.bench.growth import repeated, stage_of
from tests.training.made_shop import Size, made_shop
from training.orders.source import Folder
from training.ranking.features import FeatureBuilder
from training.ranking.measure import bought_after
from training.ranking.orders import Orders, read_orders

FIRST = date(2011, 1, 3)
SIZE = Size(customers=400, products=600, baskets=2_400, days=40)
CUT = FIRST + timedelta(days=33)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shop") / "days", SIZE)


def test_it_has_what_was_asked_for_and_comes_out_the_same_twice(shop: Path, tmp_path: Path) -> None:
    again = made_shop(tmp_path / "days", SIZE)
    files = sorted(shop.iterdir())
    assert len(files) == SIZE.days
    assert all(file.read_bytes() == (again / file.name).read_bytes() for file in files)
    read = pd.concat(pd.read_csv(file) for file in files)
    bought = read[~np.char.startswith(read["InvoiceNo"].to_numpy(str), "C")]
    assert bought["InvoiceNo"].nunique() == SIZE.baskets
    assert 0.97 * SIZE.products < bought["StockCode"].nunique() <= SIZE.products
    assert bought["CustomerID"].nunique() > 0.85 * SIZE.customers  # a tenth of the baskets names nobody
    counts = bought["StockCode"].value_counts().to_numpy()
    assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum(), "a tenth carries much of it"


def test_a_ridge_of_a_third_of_the_products_loses_little(shop: Path) -> None:
    """The candidates hold what is bought in the days after, of all products and of new ones."""
    source = Folder(shop)
    orders = Orders.of(read_orders(source, CUT))
    after = bought_after(orders, read_orders(source, FIRST + timedelta(days=SIZE.days), CUT))
    customer = np.searchsorted(orders.customers, after["customer"].to_numpy(str))
    product = np.searchsorted(orders.products, after["product"].to_numpy(str))
    new = after["new"].to_numpy(bool)

    def held(most_products: int) -> tuple[float, float]:
        builder = FeatureBuilder(orders, CUT.toordinal(), most_products)
        found = builder.features(np.unique(customer))
        pairs = found.customer * len(orders.products) + found.product
        hit = np.isin(customer * len(orders.products) + product, pairs)
        return float(hit.mean()), float(hit[new].mean())

    (exact, exact_new), (third, third_new) = held(SIZE.products), held(SIZE.products // 3)
    assert exact_new > 0.5
    assert third > exact - 0.03
    assert third_new > exact_new - 0.05


def test_a_log_several_times_over_has_customers_and_invoices_of_its_own(shop: Path, tmp_path: Path) -> None:
    def read(folder: Path) -> pd.DataFrame:
        return pd.concat(pd.read_csv(file, dtype=str) for file in sorted(folder.iterdir()))

    once, thrice = read(shop), read(repeated(shop, tmp_path / "thrice", 3))
    assert len(thrice) == 3 * len(once)
    for name in ("CustomerID", "InvoiceNo"):
        assert thrice[name].nunique() == 3 * once[name].nunique()
    assert thrice["InvoiceNo"].str.startswith("C").sum() == 3 * once["InvoiceNo"].str.startswith("C").sum()
    assert thrice["CustomerID"].isna().sum() == 3 * once["CustomerID"].isna().sum()


def test_the_benchmark_knows_the_stages_that_the_command_tells() -> None:
    file = io.StringIO()
    with Bars(console=Console(file=file, soft_wrap=True)) as shown:
        for event in (
            Progress("hold back", 4, 4, "sent: 5 rows"),
            Progress("windows", 2, 2, ""),
            "baseline EASE: 2 s",
        ):
            shown.take(event)
    assert [stage_of(line) for line in file.getvalue().splitlines()] == ["hold back", "windows", "baselines"]
    assert stage_of("orders: a folder") == "other"
