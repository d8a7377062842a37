"""The tables that the models of the repository read: plain numpy files, mapped into memory.

Triton's own image has numpy but neither pandas nor pyarrow, so the init step turns the release's Parquet and
JSON into arrays once; a server then starts without parsing anything, and its processes share the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.release import Customer, Customers, Item, Shortlist


def write_lookup_tables(customers: Customers, directory: Path) -> None:
    """Write what ``serving/models/lookup`` reads: pseudonyms and features, sorted by pseudonym."""
    names = text_array(customers)
    order = np.argsort(names, kind="stable")
    np.save(directory / "pseudonyms.npy", names[order])
    for name in ("history", "weights", "user"):
        np.save(directory / f"{name}.npy", np.ascontiguousarray(getattr(customers, name)[order]))


def numbers_of(shortlist: Shortlist, items: Sequence[Item]) -> tuple[npt.NDArray[np.int32], list[str]]:
    """What the repository calls the products of a shortlist, and the stock codes that no item has.

    The ranking knows a few products more: such as were only bought in orders taken back the same day.
    """
    number = {item.stock_code: item.index for item in items}
    codes = [code.decode() for code in shortlist.codes.tolist()]
    more = [code for code in codes if code not in number]
    number |= {code: len(items) + place for place, code in enumerate(more, 1)}
    return np.array([number[code] for code in codes], np.int32), more


def write_shortlist_tables(shortlist: Shortlist, numbers: npt.NDArray[np.int32], directory: Path) -> None:
    """Write what ``serving/models/shortlist`` reads; ``numbers`` are those of ``numbers_of``."""
    np.save(directory / "pseudonyms.npy", shortlist.customers)
    np.save(directory / "start.npy", shortlist.start)
    np.save(directory / "product.npy", numbers[shortlist.product])
    np.save(directory / "owned.npy", shortlist.owned)
    np.save(directory / "features.npy", shortlist.features)


def write_answer_tables(
    customers: Customers, items: Sequence[Item], more: Sequence[str], popular: Sequence[int], directory: Path
) -> None:
    """Write what ``serving/models/answer`` reads: purchases in the same order, product names, the popular.

    ``more`` are the stock codes of ``numbers_of``.
    """
    names = list(customers)
    order = np.argsort(text_array(names), kind="stable")
    bought = [_bought(customers[names[row]]) for row in order]
    start = np.zeros(len(bought) + 1, np.int64)
    start[1:] = np.cumsum([len(one) for one in bought])
    np.save(directory / "bought_start.npy", start)
    np.save(directory / "bought.npy", np.array([item for one in bought for item in one], np.int32))
    np.save(directory / "popular.npy", np.array(popular, np.int32))
    # Index 0 is padding: it has no code.
    nothing = [""] * len(more)
    np.save(directory / "codes.npy", text_array(["", *(item.stock_code for item in items), *more]))
    np.save(directory / "descriptions.npy", text_array(["", *(item.description for item in items), *nothing]))


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
