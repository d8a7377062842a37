"""What the files of a release say: products, customers by pseudonym, the popular list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from training.features.product import Product
from training.release.errors import reading

PRODUCTS = "items.json"
POPULAR = "popular.json"
CUSTOMERS = "customers.parquet"
REPORT = "report.json"
KERAS_MODEL = "model.keras"
ONNX_MODEL = "model.onnx"


class Customer(BaseModel):
    """A customer's features at the end of the data window, ready for ``model.onnx``.

    ``history`` int32 [H] and ``weights`` float32 [H] are padded with 0; ``user`` is float32 [U];
    ``last_bought`` lists indices of products, the newest first.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    pseudonym: str
    history: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    user: npt.NDArray[np.float32]
    last_bought: tuple[int, ...]


def write_products(directory: Path, products: Sequence[Product]) -> None:
    """Write ``items.json``, in the order of their indices 1, 2, 3, ..."""
    _refuse_gaps(products)
    (directory / PRODUCTS).write_bytes(_json([product.model_dump(by_alias=True) for product in products]))


def read_products(directory: Path) -> list[Product]:
    """The products of a release; the product with index ``i`` is at position ``i - 1``."""
    with reading(PRODUCTS):
        products = [Product(**fields) for fields in json.loads((directory / PRODUCTS).read_bytes())]
        _refuse_gaps(products)
        return products


def _refuse_gaps(products: Sequence[Product]) -> None:
    if [product.index for product in products] != list(range(1, len(products) + 1)):
        raise ValueError("the products are not numbered from 1 without gaps")


def write_popular(directory: Path, indices: Sequence[int]) -> None:
    """Write ``popular.json``: indices of products, the most popular first."""
    (directory / POPULAR).write_bytes(_json([int(index) for index in indices]))


def read_popular(directory: Path) -> list[int]:
    """Indices of products for a customer of whom nothing is known, the most popular first."""
    with reading(POPULAR):
        return [int(index) for index in json.loads((directory / POPULAR).read_bytes())]


def write_report(directory: Path, report: Mapping[str, Any]) -> None:
    """Write ``report.json``: cleaning counts, metrics with their baselines, the training curve."""
    (directory / REPORT).write_bytes(_json(report))


def read_report(directory: Path) -> dict[str, Any]:
    """The report of a release."""
    with reading(REPORT):
        report: dict[str, Any] = json.loads((directory / REPORT).read_bytes())
        return report


class Customers(Mapping[str, Customer]):
    """``customers.parquet`` in memory: pseudonym -> Customer, sorted by pseudonym."""

    def __init__(
        self,
        pseudonyms: Sequence[str],
        history: npt.NDArray[np.int32],
        weights: npt.NDArray[np.float32],
        user: npt.NDArray[np.float32],
        last_bought: Sequence[Sequence[int]],
    ) -> None:
        """Arrays of shape [customers, H], [customers, H] and [customers, U], in the order of pseudonyms."""
        self._row = {pseudonym: row for row, pseudonym in enumerate(pseudonyms)}
        self.history = history
        self.weights = weights
        self.user = user
        self._last = last_bought

    def __getitem__(self, pseudonym: str) -> Customer:
        row = self._row[pseudonym]
        return Customer(
            pseudonym=pseudonym,
            history=self.history[row],
            weights=self.weights[row],
            user=self.user[row],
            last_bought=tuple(int(index) for index in self._last[row]),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)

    def write(self, directory: Path) -> None:
        """Write ``customers.parquet`` (columns pseudonym, history, weights, user, last_bought)."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(
            {
                "pseudonym": pa.array(list(self._row), pa.string()),
                "history": pa.array(list(self.history), pa.list_(pa.int32())),
                "weights": pa.array(list(self.weights), pa.list_(pa.float32())),
                "user": pa.array(list(self.user), pa.list_(pa.float32())),
                "last_bought": pa.array([list(products) for products in self._last], pa.list_(pa.int32())),
            }
        )
        pq.write_table(table, directory / CUSTOMERS, compression="zstd")

    @classmethod
    def read(cls, directory: Path) -> Customers:
        """Read ``customers.parquet`` of a release directory."""
        import pyarrow.parquet as pq

        with reading(CUSTOMERS):
            table = pq.read_table(directory / CUSTOMERS)

            def matrix(name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
                column = table.column(name).combine_chunks()
                flat = np.asarray(column.flatten(), dtype=dtype)
                return flat.reshape(table.num_rows, -1)

            return cls(
                pseudonyms=table.column("pseudonym").to_pylist(),
                history=matrix("history", np.int32),
                weights=matrix("weights", np.float32),
                user=matrix("user", np.float32),
                last_bought=table.column("last_bought").to_pylist(),
            )


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
