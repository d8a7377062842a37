"""Tables of a Spark whose executors share no disk with the driver: as objects that all of them reach.

What is read was put there by the driver, which has checked it; what is written is fetched by the driver, part
by part. A part is the work of one task and one object, put whole; only those count that their task told the
driver of, so a task that is lost and done again leaves nothing that is read. A table that was written is a
checkpoint: its index says that it is whole, and a driver that begins again finds it.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from isthmus.object_store import Bucket, aws_client

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

logger = logging.getLogger(__name__)

SPARK_FOLDER: Final = "SPARK_FOLDER"
"""Variable with the folder that driver and executors share, ``s3://BUCKET/PREFIX``; absent: the file system
is one."""
INDEX: Final = "table.json"
ROWS_A_BATCH: Final = 1 << 16
TASKS_A_CORE: Final = 4
_TOLD: Final = "part int, name string"


@dataclass(frozen=True)
class Place:
    """A folder of objects, by its bucket and prefix: what goes to an executor, which makes its own client."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, url: str) -> Place:
        """Of ``s3://BUCKET/PREFIX``."""
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else "")

    def under(self, name: str) -> Place:
        """The folder of a name below it."""
        return Place(self.bucket, f"{self.prefix}{name}/")

    def open(self) -> Bucket:
        """Its objects, for this process."""
        return Bucket(self.bucket, aws_client(), self.prefix)


@dataclass(frozen=True)
class SparkFiles:
    """The tables of one run.

    Attributes:
        place: of the run; its name tells all that decides the tables.
    """

    place: Place
    _names: dict[Path, list[str]] = field(default_factory=dict)

    def scan(self, session: SparkSession, paths: Sequence[Path]) -> DataFrame:
        """The rows of Parquet files of this machine, or of tables that ``write`` wrote."""
        names = []
        store = self.place.open()
        there: set[str] | None = None
        for path in paths:
            if path not in self._names:
                files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
                there = {*store.keys("in/")} if there is None else there
                self._names[path] = [f"in/{file.name}" for file in files]
                for file, name in zip(files, self._names[path], strict=True):
                    if name not in there:
                        store.upload(file, name)
            names += self._names[path]
        schema = _schema_of(paths[0])
        from pyspark.sql.pandas.types import from_arrow_schema

        context = session.sparkContext
        parts = max(1, min(len(names), TASKS_A_CORE * context.defaultParallelism))
        listed = session.createDataFrame(
            context.parallelize([(name,) for name in names], parts), "name string"
        )
        # An expression may begin with them more than once.
        return listed.mapInArrow(partial(_read, self.place, schema), from_arrow_schema(schema)).persist()

    def write(self, frame: DataFrame, path: Path) -> Path:
        """Compute a table into a folder of this machine, a file a part, in the order of the parts."""
        place = self.place.under(f"out/{path.stem}")
        store = place.open()
        content = store.get(INDEX)
        if content is None:
            from pyspark.sql.pandas.types import to_arrow_schema

            schema = to_arrow_schema(frame.schema)
            told = frame.mapInArrow(partial(_write, place, schema), _TOLD).collect()
            names = [row["name"] for row in sorted(told, key=lambda row: row["part"])]
            store.put(INDEX, json.dumps(names).encode())
        else:
            names = json.loads(content)
            logger.info(f"table {path.stem}: there from a run before, {len(names)} parts")
        path.mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(names):
            store.download(name, path / f"part-{number:05}.parquet")
        self._names[path] = [f"out/{path.stem}/{name}" for name in names]
        return path

    def clear(self) -> None:
        """Remove what the run left; another one of the same name begins anew."""
        _clear(self.place.open(), "")

    def clear_others(self) -> None:
        """Remove what other runs left, which were of orders or code that are no longer."""
        prefix, _, run = self.place.prefix.rstrip("/").rpartition("/")
        _clear(Place(self.place.bucket, f"{prefix}/" if prefix else "").open(), f"{run}/")


def _clear(store: Bucket, keep: str) -> None:
    for key in store.keys(""):
        if not keep or not key.startswith(keep):
            store.delete(key)


def _schema_of(path: Path) -> pa.Schema:
    """Of the first file; with times in microseconds, as Spark knows no other."""
    file = sorted(path.glob("*.parquet"))[0] if path.is_dir() else path
    return pa.schema(
        pa.field(each.name, pa.timestamp("us", each.type.tz)) if pa.types.is_timestamp(each.type) else each
        for each in pq.read_schema(file).remove_metadata()
    )


def _read(place: Place, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """In an executor: the rows of the files that a task is told of."""
    store = place.open()
    for batch in batches:
        for name in batch.column(0).to_pylist():
            content = store.get(name)
            if content is None:
                raise FileNotFoundError(store.address(name))
            for rows in pq.ParquetFile(io.BytesIO(content)).iter_batches(ROWS_A_BATCH):
                yield pa.Table.from_batches([rows]).cast(schema).combine_chunks().to_batches()[0]


def _write(place: Place, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """In an executor: a task's rows as one object, whose name is told to the driver.

    No rows are no object, but in the first part: there stand the columns of a table without any.
    """
    from pyspark import TaskContext

    context: Any = TaskContext.get()
    part = context.partitionId()
    # Another try of the same task is another object.
    name = f"part-{part:05}-{context.taskAttemptId()}.parquet"
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        file, rows = Path(folder) / "part.parquet", 0
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in batches:
                rows += batch.num_rows
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))
        if part and not rows:
            return
        place.open().upload(file, name)
    yield pa.RecordBatch.from_pydict({"part": pa.array([part], pa.int32()), "name": [name]})
