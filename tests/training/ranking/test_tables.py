"""The tables of a history: what the engine makes of the orders, and where these are kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.ranking.shop import FIRST, rows
from tests.training.ranking.test_stage import PSEUDONYMS, write_shop
from training.orders.source import Folder
from training.ranking.aggregates.customer import customer_aggregates
from training.ranking.aggregates.product import product_aggregates
from training.ranking.cleaned_days import CleanedDays
from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.orders import Orders
from training.tables.engine import Engine
from training.transfer.pseudonym import Pseudonyms

DAY = FIRST + 80


def tables(orders: Orders) -> dict[str, np.ndarray]:
    """All that is made of a history, by name."""
    snapshot = HistorySnapshot(orders, DAY)
    products = product_aggregates(snapshot)
    customers = customer_aggregates(snapshot, products)
    frames = {"pairs": snapshot.pairs, "buys": snapshot.buys, "baskets": snapshot.baskets}
    columns = {f"{name} {column}": frame[column] for name, frame in frames.items() for column in frame}
    found = {name: np.asarray(column) for name, column in columns.items()}
    found |= {f"product {name}": column for name, column in products.items()}
    found |= {f"customer {name}": column for name, column in customers.items()}
    return found | {
        "taken back": snapshot.taken_back.toarray(),
        "baskets": snapshot.weighed_baskets.toarray(),
    }


def test_pairs_are_those_that_pandas_counts() -> None:
    table = rows(80)
    known = table[~table["cancelled"] & table["customer"].ne("")]
    buys = known.groupby(["customer", "product", "invoice"]).agg(
        day=("day", "min"), quantity=("quantity", "sum")
    )
    buys["weight60"] = np.exp(-(DAY - buys["day"]) / 60)
    expected = (
        buys.reset_index()
        .groupby(["customer", "product"])
        .agg(
            times=("invoice", "size"),
            last=("day", "max"),
            first=("day", "min"),
            quantity=("quantity", "sum"),
            last_quantity=("quantity", "last"),
            weight60=("weight60", "sum"),
        )
    )
    snapshot = HistorySnapshot(Orders.of(table), DAY)
    found = snapshot.pairs
    orders = snapshot.orders
    found["customer"], found["product"] = (
        orders.customers[found["customer"]],
        orders.products[found["product"]],
    )
    found = found.set_index(["customer", "product"])
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name].reindex(found.index), rtol=1e-9)
    assert len(found) == len(expected)
    last = snapshot.baskets[snapshot.baskets["position"] == 0]
    assert list(last["day"]) == list(known.groupby("customer")["day"].max())


def test_no_bit_depends_on_threads_or_memory() -> None:
    table = rows(90)
    one = tables(Orders.of(table, Engine(threads=1)))
    many = tables(Orders.of(table.sample(frac=1, random_state=3), Engine(threads=4, memory_mib=256)))
    assert one.keys() == many.keys()
    for name, values in one.items():
        assert values.tobytes() == many[name].tobytes(), name


def test_cleaned_days_are_kept_by_content_key_and_settings(log_lines: list[str], tmp_path: Path) -> None:
    source = Folder(write_shop(tmp_path / "orders", 20))
    before, folder = date.fromordinal(FIRST + 20), tmp_path / "days"

    def digest(pseudonyms: Pseudonyms = PSEUDONYMS) -> tuple[str, int]:
        log_lines.clear()
        orders = CleanedDays(folder, source, pseudonyms).orders(before)
        return orders.digest(), sum("was kept" in line for line in log_lines)

    first, kept = digest()
    assert kept == 0
    assert digest() == (first, 20)
    path = sorted(folder.glob("*.parquet"))[3]
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert digest() == (first, 19)
    assert log_lines[4] == f"{path} is damaged; it is made again"
    assert path.read_bytes() == whole
    assert not [name for name in pd.read_parquet(path)["customer"] if name.startswith("c0")], "no raw id"
    assert digest(Pseudonyms("another key of the site"))[1] == 0


@pytest.mark.parametrize("day", [DAY, DAY - 30])
def test_columns_read_from_disk_are_those_of_the_rows(day: int) -> None:
    table = rows(90)
    orders, early = Orders.of(table).before(day), Orders.of(table[table["day"] < day])

    def as_rows(found: Orders) -> list[tuple[object, ...]]:
        lines = found.engine.frame(found.lines)
        lines["customer"] = np.append(found.customers, "")[found.customer_numbers[lines["customer"]]]
        lines["product"] = found.products[found.product_numbers[lines["product"]]]
        lines["text"] = found.texts[found.text_numbers[lines["text"]]]
        lines["basket"] = np.unique(lines["basket"], return_inverse=True)[1]
        return sorted(lines.drop(columns="known_from").itertuples(index=False, name=None))

    assert as_rows(orders) == as_rows(early)
    assert (orders.first_day, orders.row_count) == (int(table["day"].min()), len(as_rows(early)))
    sold, before = HistorySnapshot(orders, day).all_baskets, HistorySnapshot(early, day).all_baskets
    np.testing.assert_array_equal(sold[0].toarray(), before[0].toarray())
    np.testing.assert_array_equal(sold[1], before[1])
    for name in ("customers", "products", "texts"):
        assert getattr(orders, name).tolist() == getattr(early, name).tolist()
