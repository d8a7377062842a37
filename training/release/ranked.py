"""The lists of the ranking stage: for every customer the best products, and the best new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.atomic_files import atomic_file
from training.release.errors import ReleaseDamaged

RANKED = "ranked.parquet"
COLUMNS = ("customer", "rank", "product", "score")
Names = Sequence[str] | NDArray[Any]
ROWS_A_GROUP = 1 << 17
"""Of the file: the lists of some 650 customers."""


class RankedWriter:
    """Takes lists a block of customers at a time; see ``writing_ranked``."""

    def __init__(self, parquet: Any, schema: Any, customers: Names, products: Names) -> None:
        import pyarrow as pa

        self._parquet, self._schema = parquet, schema
        self._customers, self._products = (pa.array(names, pa.string()) for names in (customers, products))
        self._waiting = schema.empty_table()

    def add(
        self,
        customer: NDArray[np.int64],
        rank: NDArray[np.int32],
        product: NDArray[np.int32],
        score: NDArray[np.float32],
        only_new: NDArray[np.bool_],
    ) -> None:
        """Add rows: numbers of customers and products, ranks from 1."""
        import pyarrow as pa

        named = self._customers.take(pa.array(customer)), self._products.take(pa.array(product))
        columns = (named[0], pa.array(rank), named[1], pa.array(score), pa.array(only_new))
        self._waiting = pa.concat_tables([self._waiting, pa.table(list(columns), schema=self._schema)])
        while len(self._waiting) >= ROWS_A_GROUP:
            self._write(ROWS_A_GROUP)

    def close(self) -> None:
        """Write what waits."""
        if len(self._waiting):
            self._write(len(self._waiting))

    def _write(self, rows: int) -> None:
        # As one piece, so that the bytes do not tell of the blocks.
        self._parquet.write_table(self._waiting.slice(0, rows).combine_chunks(), rows)
        self._waiting = self._waiting.slice(rows)


@contextmanager
def writing_ranked(folder: Path, customers: Names, products: Names) -> Iterator[RankedWriter]:
    """Write ``ranked.parquet`` of a folder: pseudonym, rank, product code, score, and which list it is of.

    It is there once the block of code ended well.

    Args:
        folder: of the release.
        customers: pseudonyms, by number.
        products: their codes, by number.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.int32(), pa.string(), pa.float32())
    schema = pa.schema([*zip(COLUMNS, types, strict=True), ("only_new", pa.bool_())])
    with (
        atomic_file(folder / RANKED) as file,
        pq.ParquetWriter(file, schema, compression="zstd") as parquet,
    ):
        writer = RankedWriter(parquet, schema, customers, products)
        yield writer
        writer.close()


def read_ranked(
    folder: Path, only_new: bool = False, top: int = 20, customers: Collection[str] | None = None
) -> Any:
    """The ``top`` products of every customer: a pyarrow table of COLUMNS, by customer and rank.

    None where the release has no ranking stage: its orders were too few days.

    Args:
        folder: of the release.
        only_new: the lists of new products.
        top: products of a customer.
        customers: those of some customers alone.

    Raises:
        ReleaseDamaged: when the file is no such table.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = folder / RANKED
    if not path.exists():
        return None
    wanted = (pc.field("only_new") == only_new) & (pc.field("rank") <= top)
    if customers is not None:
        wanted &= pc.field("customer").isin(pa.array(sorted(customers), pa.string()))
    try:
        return pq.read_table(path, columns=list(COLUMNS), filters=wanted)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ReleaseDamaged(RANKED, f"is not the lists of a ranking ({error})") from None
