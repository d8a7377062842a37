"""The tables that the models of the repository read: plain numpy files, mapped into memory.

Triton's own image has numpy but neither pandas nor pyarrow, so the init step turns the release's Parquet and
JSON into arrays once; a server then starts without parsing anything, and its processes share the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.release import Customer, Customers, Product, Shortlist


def write_lookup_tables(customers: Customers, directory: Path) -> None:
    """Write what ``serving/models/lookup`` reads: pseudonyms and features, sorted by pseudonym."""
    names = text_array(customers)
    order = np.argsort(names, kind="stable")
    np.save(directory / "pseudonyms.npy", names[order])
    for name in ("history", "weights", "user"):
        np.save(directory / f"{name}.npy", np.ascontiguousarray(getattr(customers, name)[order]))


def product_numbers(
    shortlist: Shortlist, products: Sequence[Product]
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """The repository's numbers for the products of a shortlist, and the codes that ``items.json`` lacks.

    The ranking knows a few more products: those bought only in orders that were taken back the same day.
    """
    number = {product.product_code: product.index for product in products}
    codes = [code.decode() for code in shortlist.codes.tolist()]
    extra_codes = [code for code in codes if code not in number]
    number |= {code: len(products) + place for place, code in enumerate(extra_codes, 1)}
    return np.array([number[code] for code in codes], np.int32), extra_codes


def write_shortlist_tables(shortlist: Shortlist, numbers: npt.NDArray[np.int32], directory: Path) -> None:
    """Write what ``serving/models/shortlist`` reads; ``numbers`` are those of ``product_numbers``."""
    np.save(directory / "pseudonyms.npy", shortlist.customers)
    np.save(directory / "start.npy", shortlist.start)
    np.save(directory / "product.npy", numbers[shortlist.product])
    np.save(directory / "owned.npy", shortlist.owned)
    np.save(directory / "features.npy", shortlist.features)


def write_answer_tables(
    customers: Customers,
    products: Sequence[Product],
    extra_codes: Sequence[str],
    popular: Sequence[int],
    directory: Path,
) -> None:
    """Write what ``serving/models/answer`` reads: purchases in the same order, product names, the popular.

    ``extra_codes`` come from ``product_numbers``.
    """
    names = list(customers)
    order = np.argsort(text_array(names), kind="stable")
    bought = [_bought(customers[names[row]]) for row in order]
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


def _bought(customer: Customer) -> list[int]:
    """All purchases of a customer that a release holds, the newest first, each product once."""
    # The history joins in, so that what the model knows was bought is never called new.
    history = (int(product) for product in customer.history if product > 0)
    return list(dict.fromkeys([*customer.last_bought, *history]))


def text_array(texts: Iterable[str]) -> npt.NDArray[np.bytes_]:
    """Texts as UTF-8 in a fixed-width array, which can be mapped and searched without unpickling."""
    encoded = [text.encode() for text in texts]
    width = max((len(text) for text in encoded), default=1)
    return np.array(encoded, dtype=f"S{max(width, 1)}")
