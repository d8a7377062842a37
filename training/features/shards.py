"""The purchases that a run learns from, cut by customer: what the workers read, each its own shards.

They are made of a transfer's batches by the engine of the tables, out of core, once for the same orders and
code, and kept in a folder named by both: ``products.parquet``, a Parquet file for each shard, and last
``shards.json`` with their SHA-256 and what was counted. A worker in a cluster finds them among the run's
objects, where the first worker leaves them, and fetches the files that it reads.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from isthmus.atomic_files import atomic_directory, atomic_write
from isthmus.file_digest import sha256_of
from training.errors import TrainingError
from training.features.baskets import Histories
from training.features.purchase_tables import PLACES, example_table, product_table, shard_table
from training.tables.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

INDEX, PRODUCTS = "shards.json", "products.parquet"
LEFT = "shards/left.json"
"""Which shards are among a run's objects, the newest first."""
MOST_KNOWN = 6_000_000
"""Purchases that the examples of a part know, over all workers: some 0.7 GiB while they are counted and
drawn. Ten months of the sample's shop are 2 million."""
SCHEMA = pa.schema(
    [
        ("place", pa.int32()),
        ("customer", pa.string()),
        ("day", pa.int32()),
        ("product", pa.int32()),
    ]
)
ROWS_A_GROUP = 1 << 16


class Objects(Protocol):
    """Named bytes that all workers of a run share."""

    def put(self, name: str, content: bytes, /) -> object: ...
    def get(self, name: str, /) -> bytes | None: ...
    def delete(self, name: str, /) -> None: ...


@dataclass(frozen=True)
class Shards:
    """The shards of some orders, in a folder.

    Attributes:
        folder: where they are, or are fetched to.
        content: what ``shards.json`` says.
        objects: where files that are not in the folder are fetched from; None where all are there.
        prefix: of their names there.
        kept: keeps the folder, where it goes with the last one who reads it.
    """

    folder: Path
    content: dict[str, Any]
    objects: Objects | None = None
    prefix: str = ""
    kept: object = None
    _checked: set[str] = field(default_factory=set, repr=False)

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def parts(self) -> int:
        """Into how many parts an epoch is cut, by the customers' places, so that memory holds one of them."""
        return self.examples.shape[1]

    @property
    def orders(self) -> int:
        """Baskets: days on which a customer bought something."""
        return int(self.content["orders"])

    @cached_property
    def examples(self) -> npt.NDArray[np.int64]:
        """Examples by shard and part."""
        return np.array(self.content["examples"], np.int64)

    def path(self, name: str) -> Path:
        """A file of them, as it was written.

        Raises:
            TrainingError: when it is not; the same command makes it anew.
        """
        path, digest = self.folder / name, self.content["files"][name]
        if name in self._checked:
            return path
        if not path.is_file() and self.objects is not None:
            atomic_write(path, self.objects.get(self.prefix + name) or b"")
        if not path.is_file() or sha256_of(path) != digest:
            (self.folder / INDEX).unlink(missing_ok=True)
            raise TrainingError(f"{path} is gone or damaged; run the same command again, which makes it anew")
        self._checked.add(name)
        return path

    def products(self) -> pa.Table:
        """stock_code, description (null for none), price, baskets; in the order of the codes."""
        return pq.read_table(self.path(PRODUCTS))

    def histories(self, shards: Sequence[int], part: int | None = None) -> Histories:
        """The purchases of some shards, of all parts or one."""
        where = None
        if part is not None and self.parts > 1:
            first, end = (-(-number * PLACES // self.parts) for number in (part, part + 1))
            where = [("place", ">=", first), ("place", "<", end)]
        tables, lengths = [SCHEMA.empty_table()], []
        for shard in shards:
            tables.append(pq.read_table(self.path(_name(shard)), filters=where, schema=SCHEMA))
            lengths.append(len(tables[-1]))
        table = pa.concat_tables(tables)
        of_row = np.repeat(np.array(shards, np.int32), lengths)
        codes = table.column("customer").dictionary_encode().combine_chunks()
        numbers = codes.indices.to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(np.append(True, np.diff(numbers) != 0)[: len(numbers)])
        return Histories(
            customers=codes.dictionary.to_numpy(zero_copy_only=False)[numbers[starts]],
            shards=of_row[starts],
            splits=np.append(starts, len(numbers)).astype(np.int64),
            products=table.column("product").to_numpy(),
            days=table.column("day").to_numpy(),
        )

    def pieces(self) -> Iterator[Histories]:
        """All purchases, a shard and a part at a time."""
        for shard in range(len(self)):
            for part in range(self.parts):
                yield self.histories([shard], part)

    def publish(self, objects: Objects, prefix: str) -> None:
        """Leave them among the run's objects; the index last, as it says that all are there.

        Of those that were left before, the last ones stay, for a run that reads them; older ones go, as what
        a transfer took away must not stay here.
        """
        for name in self.content["files"]:
            objects.put(prefix + name, self.path(name).read_bytes())
        objects.put(prefix + INDEX, json.dumps(self.content).encode())
        before = [each for each in json.loads(objects.get(LEFT) or b"[]") if each["prefix"] != prefix]
        objects.put(
            LEFT, json.dumps([{"prefix": prefix, "files": [*self.content["files"]]}, *before[:1]]).encode()
        )
        for old in before[1:]:
            for name in (INDEX, *old["files"]):
                objects.delete(old["prefix"] + name)


def find_shards(folder: Path) -> Shards | None:
    """The shards of a folder; None where there are none, or one is damaged, which is said."""
    try:
        shards = Shards(folder, json.loads((folder / INDEX).read_bytes()))
        for name in shards.content["files"]:
            shards.path(name)
    except (FileNotFoundError, ValueError):
        return None
    except TrainingError:
        logger.info(f"the shards in {folder} are damaged; they are made again")
        return None
    (folder / INDEX).touch()
    return shards


def fetch_shards(
    folder: Path, objects: Objects, prefix: str, wait_s: float, look_s: float = 2.0
) -> Shards | None:
    """The shards that another worker left, once it has; None where it did not within ``wait_s`` seconds."""
    until = time.monotonic() + wait_s
    while (content := objects.get(prefix + INDEX)) is None:
        if time.monotonic() >= until:
            return None
        time.sleep(look_s)
    return Shards(folder, json.loads(content), objects, prefix)


def make_shards(
    engine: Engine, batches: Sequence[Path], folder: Path, number: int, most_known: int = MOST_KNOWN
) -> Shards:
    """Make ``number`` shards of some batches in a folder, which takes its place when all of it is there."""
    import ibis

    with atomic_directory(folder) as aside:
        scratch = aside / "scratch"
        scratch.mkdir()
        purchases = engine.scan(*batches)
        products = engine.write(product_table(purchases), scratch / PRODUCTS)
        table = engine.frame(engine.scan(products).order_by("stock_code"))
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(arrow, aside / PRODUCTS, compression="zstd")
        numbered = engine.scan(products).mutate(number=ibis.row_number().over(order_by="stock_code") + 1)
        rows = engine.write(shard_table(purchases, numbered, number), scratch / "rows.parquet")
        _write_shards(rows, aside, number)
        counted = engine.frame(example_table(engine.scan(rows)))
        files = {path.name: sha256_of(path) for path in sorted(aside.glob("*.parquet"))}
        parts = max(1, -(-int(counted["known"].sum()) // most_known))
        examples = np.zeros((number, parts), np.int64)
        part = counted["place"].to_numpy(np.int64) * parts // PLACES
        np.add.at(
            examples, (counted["shard"].to_numpy(np.int64), part), counted["examples"].to_numpy(np.int64)
        )
        content = {
            "orders": int(counted["orders"].sum()),
            "examples": examples.tolist(),
            "files": files,
        }
        shutil.rmtree(scratch)
        (aside / INDEX).write_text(json.dumps(content))
    return Shards(folder, content)


def _write_shards(rows: Path, folder: Path, number: int) -> None:
    """Cut rows that are in the order of their shards into a file for each."""
    files = sorted(rows.glob("*.parquet")) if rows.is_dir() else [rows]
    at, writer = -1, None
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(ROWS_A_GROUP):
            shard = batch.column("shard").to_numpy()
            ends = [*np.flatnonzero(np.diff(shard)) + 1, len(shard)]
            start = 0
            for end in ends:
                while writer is None or at < int(shard[start]):
                    if writer is not None:
                        writer.close()
                    at += 1
                    writer = pq.ParquetWriter(folder / _name(at), SCHEMA, compression="zstd")
                piece = batch.slice(start, end - start).select(SCHEMA.names)
                writer.write_table(pa.Table.from_batches([piece]).cast(SCHEMA))
                start = end
    if writer is not None:
        writer.close()
    for shard_number in range(at + 1, number):
        pq.write_table(SCHEMA.empty_table(), folder / _name(shard_number), compression="zstd")


def _name(shard: int) -> str:
    return f"shard-{shard:04}.parquet"
