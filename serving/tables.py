"""The tables that the models of the repository read: plain numpy files, mapped into memory.

Triton's own image has numpy but neither pandas nor pyarrow, so the init step turns the release's Parquet and
JSON into arrays once; a server then starts without parsing anything, and its processes share the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.release import Customer, Customers, Item


def write_lookup_tables(customers: Customers, directory: Path) -> None:
    """Write what ``serving/models/lookup`` reads: pseudonyms and features, sorted by pseudonym."""
    names = text_array(customers)
    order = np.argsort(names, kind="stable")
    np.save(directory / "pseudonyms.npy", names[order])
    for name in ("history", "weights", "user"):
        np.save(directory / f"{name}.npy", np.ascontiguousarray(getattr(customers, name)[order]))


def write_answer_tables(
    customers: Customers, items: Sequence[Item], popular: Sequence[int], directory: Path
) -> None:
    """Write what ``serving/models/answer`` reads: purchases in the same order, product names, the popular."""
    names = list(customers)
    order = np.argsort(text_array(names), kind="stable")
    bought = [_bought(customers[names[row]]) for row in order]
    start = np.zeros(len(bought) + 1, np.int64)
    start[1:] = np.cumsum([len(one) for one in bought])
    np.save(directory / "bought_start.npy", start)
    np.save(directory / "bought.npy", np.array([item for one in bought for item in one], np.int32))
    np.save(directory / "popular.npy", np.array(popular, np.int32))
    # Index 0 is padding: it has no code.
    np.save(directory / "codes.npy", text_array(["", *(item.stock_code for item in items)]))
    np.save(directory / "descriptions.npy", text_array(["", *(item.description for item in items)]))


def _bought(customer: Customer) -> list[int]:
    """All that a release tells of a customer's purchases, the newest first, each once."""
    # The history joins in, so that what the model knows was bought is never called new.
    told = [*customer.last_bought, *(int(item) for item in customer.history if item > 0)]
    return list(dict.fromkeys(told))


def text_array(texts: Iterable[str]) -> npt.NDArray[np.bytes_]:
    """Texts as UTF-8 in a fixed-width array, which can be mapped and searched without unpickling."""
    encoded = [text.encode() for text in texts]
    width = max((len(one) for one in encoded), default=1)
    return np.array(encoded, dtype=f"S{max(width, 1)}")
