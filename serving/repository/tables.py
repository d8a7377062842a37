"""The tables that the models of the repository read: plain numpy files, mapped into memory.

Triton's own image has numpy but neither pandas nor pyarrow, so the init step turns the release's Parquet and
JSON into arrays once; a server then starts without parsing anything, and its processes share the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.release import Customer, Customers, Product, ReleaseContext

if TYPE_CHECKING:
    from serving.repository.lists import Lists


def product_numbers(
    codes_of_ranking: npt.NDArray[np.bytes_], products: Sequence[Product]
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """The repository's numbers for the products of a ranking, and the codes that ``items.json`` lacks.

    The ranking knows a few more products: those bought only in orders that were taken back the same day.
    """
    number = {product.product_code: product.index for product in products}
    codes = [code.decode() for code in codes_of_ranking.tolist()]
    extra_codes = [code for code in codes if code not in number]
    number |= {code: len(products) + place for place, code in enumerate(extra_codes, 1)}
    return np.array([number[code] for code in codes], np.int32), extra_codes


def write_tables(
    customers: Customers,
    products: Sequence[Product],
    extra_codes: Sequence[str],
    popular: Sequence[int],
    lists: Lists,
    directory: Path,
) -> None:
    """Write what ``serving/models/recommend`` reads: lists, purchases in the same order, names, the popular.

    ``extra_codes`` come from ``product_numbers``.
    """
    np.save(directory / "pseudonyms.npy", lists.names)
    for name in ("product", "score", "owned", "start"):
        np.save(directory / f"list_{name}.npy", getattr(lists, name))
    np.save(directory / "ranked.npy", lists.ranked)
    names = [name.decode() for name in lists.names.tolist()]
    bought = [bought_by(customers[name]) if name in customers else [] for name in names]
    start = np.zeros(len(bought) + 1, np.int64)
    start[1:] = np.cumsum([len(numbers) for numbers in bought])
    np.save(directory / "bought_start.npy", start)
    np.save(
        directory / "bought.npy", np.array([number for numbers in bought for number in numbers], np.int32)
    )
    np.save(directory / "popular.npy", np.array(popular, np.int32))
    # Index 0 is padding: it has no code.
    codes = ["", *(product.product_code for product in products), *extra_codes]
    descriptions = ["", *(product.description for product in products), *[""] * len(extra_codes)]
    np.save(directory / "codes.npy", text_array(codes))
    np.save(directory / "descriptions.npy", text_array(descriptions))


def write_context_tables(
    context: ReleaseContext, numbers: npt.NDArray[np.int32], last: int, directory: Path
) -> None:
    """Write the fields of a scorer whose products have the repository's numbers.

    Args:
        context: of the release.
        numbers: the repository's number of each of its products, as ``product_numbers`` gives them.
        last: numbers of the repository, that of padding among them.
        directory: of the model.
    """
    scorer = context.scorer
    length = np.zeros(last, np.int64)
    length[numbers] = np.diff(scorer.start)
    start = np.concatenate([[0], np.cumsum(length)])
    # The rows of a product, moved to where its new number has them.
    order = np.argsort(numbers, kind="stable")
    parts = [np.arange(*scorer.start[place : place + 2]) for place in order]
    rows = np.concatenate([np.zeros(0, np.int64), *parts])
    moved = {
        "start": start,
        "neighbour": numbers[scorer.neighbour[rows]],
        "cosine": scorer.cosine[rows],
        "confidence": scorer.confidence[rows],
        "popularity": np.zeros(last, np.float32),
        "weekday": np.zeros((7, last), np.float32),
    }
    moved["popularity"][numbers] = scorer.popularity
    moved["weekday"][:, numbers] = scorer.weekday
    for field in fields(scorer):
        np.save(directory / f"context_{field.name}.npy", moved.get(field.name, getattr(scorer, field.name)))


def bought_by(customer: Customer) -> list[int]:
    """All purchases of a customer that a release holds, the newest first, each product once."""
    # The history joins in, so that what the model knows was bought is never called new.
    history = (int(product) for product in customer.history if product > 0)
    return list(dict.fromkeys([*customer.last_bought, *history]))


def text_array(texts: Iterable[str]) -> npt.NDArray[np.bytes_]:
    """Texts as UTF-8 in a fixed-width array, which can be mapped and searched without unpickling."""
    encoded = [text.encode() for text in texts]
    width = max((len(text) for text in encoded), default=1)
    return np.array(encoded, dtype=f"S{max(width, 1)}")
