"""The lists of the ranking stage: for every customer the best products, and the best new ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.release.errors import ReleaseDamaged

RANKED = "ranked.parquet"
COLUMNS = ("customer", "rank", "product", "score")


def write_ranked(folder: Path, all_products: Mapping[str, Any], new_products: Mapping[str, Any]) -> None:
    """Write both lists; each has the columns of COLUMNS: pseudonym, rank from 1, product code, score."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.int32(), pa.string(), pa.float32())
    parts = []
    for only_new, lists in ((False, all_products), (True, new_products)):
        columns = {
            name: pa.array(lists[name], kind, from_pandas=True)
            for name, kind in zip(COLUMNS, types, strict=True)
        }
        columns["only_new"] = pa.array([only_new] * len(columns["rank"]), pa.bool_())
        parts.append(pa.table(columns))
    pq.write_table(pa.concat_tables(parts).combine_chunks(), folder / RANKED, compression="zstd")


def read_ranked(folder: Path, only_new: bool = False, top: int = 20) -> Any:
    """The ``top`` products of every customer: a pyarrow table of COLUMNS, by customer and rank.

    None where the release has no ranking stage: its orders were too few days.

    Raises:
        ReleaseDamaged: when the file is no such table.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = folder / RANKED
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
        chosen = pc.and_(pc.equal(table["only_new"], only_new), pc.less_equal(table["rank"], top))
        return table.filter(chosen).select(list(COLUMNS))
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ReleaseDamaged(RANKED, f"is not the lists of a ranking ({error})") from None
