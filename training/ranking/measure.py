"""How good lists are: recall@k and NDCG@k against what was bought afterwards.

python -m training.ranking.measure --orders FOLDER --before 2011-08-01 --ranking FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from training.orders.named_folder import add_options, named_folder
from training.ranking.cleaned_days import CleanedDays
from training.ranking.orders import Orders, read_orders


@dataclass(frozen=True)
class Figures:
    """Means over customers, and their standard errors."""

    customers: int
    recall: float
    recall_error: float
    ndcg: float
    ndcg_error: float

    def __str__(self) -> str:
        return (
            f"{self.customers} customers, recall {self.recall:.4f} ± {self.recall_error:.4f}, "
            f"NDCG {self.ndcg:.4f} ± {self.ndcg_error:.4f}"
        )


def bought_after(earlier: Orders, rows: pd.DataFrame) -> pd.DataFrame:
    """Customer, product and newness of each purchase of a known product by a known customer.

    Args:
        earlier: the orders before the month.
        rows: the month's, from ``read_orders``.
    """
    known = rows["customer"].isin(earlier.customers) & rows["product"].isin(earlier.products)
    pairs = rows.loc[known & ~rows["cancelled"], ["customer", "product"]].drop_duplicates()
    lines = earlier.lines
    bought = lines.filter(~lines.cancelled, lines.customer >= 0).select("customer", "product").distinct()
    found = earlier.engine.frame(bought)
    customer = earlier.customer_numbers[found["customer"].to_numpy()]
    product = earlier.product_numbers[found["product"].to_numpy()]
    seen = (customer >= 0) & (product >= 0)
    owned = customer[seen] * len(earlier.products) + product[seen]
    customer, product = (
        np.searchsorted(of, pairs[name].to_numpy(str))
        for name, of in (("customer", earlier.customers), ("product", earlier.products))
    )
    new = ~np.isin(customer * len(earlier.products) + product, owned)
    return pairs.assign(new=new)


def measure(lists: pd.DataFrame, bought: pd.DataFrame, top: int = 20) -> Figures:
    """Recall = hits / min(top, products bought); NDCG with the ideal of min(top, products bought) hits.

    Args:
        lists: columns customer, rank, product.
        bought: columns customer, product, without doubles; customers who bought nothing are not counted.
        top: length of the lists that counts.
    """
    counts = bought.groupby("customer").size().sort_index()
    hits = lists[lists["rank"] <= top].merge(bought[["customer", "product"]], on=["customer", "product"])
    gain = (1 / np.log2(hits["rank"] + 1)).groupby(hits["customer"]).sum().reindex(counts.index).fillna(0)
    hit_count = hits.groupby("customer").size().reindex(counts.index).fillna(0)
    possible = np.minimum(counts.to_numpy(), top)
    ideal = np.concatenate([[0], np.cumsum(1 / np.log2(np.arange(top) + 2))])[possible]
    recall, ndcg = hit_count.to_numpy() / possible, gain.to_numpy() / ideal
    root = np.sqrt(max(len(counts), 1))
    return Figures(
        customers=len(counts),
        recall=float(recall.mean()),
        recall_error=float(recall.std() / root),
        ndcg=float(ndcg.mean()),
        ndcg_error=float(ndcg.std() / root),
    )


def main() -> None:
    """Measure both lists of a ranking folder on the calendar month from ``--before`` on."""
    from training.ranking.folder import ALL_PRODUCTS, NEW_PRODUCTS

    parser = argparse.ArgumentParser(description="Measure a ranking on the month after its orders.")
    add_options(parser)
    parser.add_argument("--before", type=date.fromisoformat, required=True, help="first day of the month")
    parser.add_argument("--ranking", type=Path, required=True, help="folder of training.ranking")
    args = parser.parse_args()
    source, start = named_folder(args), args.before
    end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    with tempfile.TemporaryDirectory(prefix="isthmus-days-") as days:
        earlier = CleanedDays(Path(days), source).orders(start)
    bought = bought_after(earlier, read_orders(source, end, since=start))
    text = {"customer": str, "product": str}
    print("all:", measure(pd.read_csv(args.ranking / ALL_PRODUCTS, dtype=text), bought))
    print("new:", measure(pd.read_csv(args.ranking / NEW_PRODUCTS, dtype=text), bought[bought["new"]]))


if __name__ == "__main__":
    main()
