"""One set of expressions, two engines: DuckDB in this process by default, and Spark where a cluster is.

Tables are folders or files of Parquet, and what is computed of them is told by Ibis; so no table has to fit
into memory. An expression that both engines run gives the same integers. Sums are of integers (weights and
logarithms in fixed point), so they are the same in whatever order and by however many threads they are made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from training.tables.kind import MEMORY_MIB, Kind
from training.tables.spark_files import SPARK_FOLDER, Place, SparkFiles
from training.tables.spark_session import start

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from training.settings import TrainingSettings

ROWS_A_GROUP = 122_880


@dataclass(frozen=True)
class Engine:
    """Where expressions run.

    Attributes:
        kind: DuckDB in this process, or Spark.
        memory_mib: MiB that DuckDB holds before it spills, or that Spark's driver has.
        threads: of DuckDB, in each process; no result depends on it.
        run: names what decides the tables that are written, where a cluster keeps them between two tries.
    """

    kind: Kind = "embedded"
    memory_mib: int = MEMORY_MIB
    threads: int = 2
    run: str = "tables"

    @property
    def in_process(self) -> bool:
        """Whether each process has an engine of its own."""
        return self.kind == "embedded"

    def scan(self, *paths: Path) -> ir.Table:
        """The rows of Parquet files, or of folders of them, of the same columns."""
        connection = _connection(self)
        if self.kind == "embedded":
            named = [str(path / "*.parquet") if path.is_dir() else str(path) for path in paths]
            return connection.read_parquet(named)
        if (files := _files(self)) is not None:
            frame = files.scan(connection._session, paths)
        else:
            frame = connection._session.read.parquet(*map(str, paths))  # Ibis takes one path here
        name = f"scan_{abs(hash(paths)):x}"
        frame.createOrReplaceTempView(name)
        return connection.table(name)

    def write(self, table: ir.Table, path: Path) -> Path:
        """Compute a table and write it: a file of DuckDB, a folder of Spark; returns the path."""
        if self.kind == "embedded":
            table.to_parquet(path, row_group_size=ROWS_A_GROUP, compression="zstd")
        elif (files := _files(self)) is not None:
            connection = _connection(self)
            files.write(connection._session.sql(connection.compile(table)), path)
        else:
            table.to_parquet(path, mode="overwrite", compression="zstd")
        return path

    def begin(self) -> None:
        """Remove what runs of other names left among the objects that a cluster's executors share."""
        if (files := _files(self)) is not None:
            files.clear_others()

    def end(self) -> None:
        """Remove what this run left there; its tables are done with."""
        if (files := _files(self)) is not None:
            files.clear()

    def frame(self, table: ir.Table) -> pd.DataFrame:
        """Compute a table that fits into memory."""
        found: pd.DataFrame = table.to_pandas()
        return found

    def columns(self, table: ir.Table) -> dict[str, NDArray[Any]]:
        """The same as arrays, by name; text as fixed width."""
        arrow = table.to_pyarrow()
        columns = {}
        for name in arrow.column_names:
            values = arrow.column(name).to_numpy()
            columns[name] = values.astype(str) if values.dtype == object else values
        return columns


@lru_cache(maxsize=4)
def _connection(engine: Engine) -> Any:
    return _duckdb(engine) if engine.kind == "embedded" else _spark(engine)


def _duckdb(engine: Engine) -> Any:
    import ibis

    spill = Path(os.environ.get("TMPDIR", "/tmp")) / f"isthmus-spill-{os.getuid()}-{os.getpid()}"  # noqa: S108
    connection = ibis.duckdb.connect(
        memory_limit=f"{engine.memory_mib}MiB", temp_directory=str(spill), threads=engine.threads
    )
    # A bar of the engine's own would write into that of the command.
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _spark(engine: Engine) -> Any:
    import ibis

    return ibis.pyspark.connect(start(engine.memory_mib))


@lru_cache(maxsize=4)
def _files(engine: Engine) -> SparkFiles | None:
    """The tables that driver and executors share; None where they share a disk, or are one process."""
    url = os.environ.get(SPARK_FOLDER) if engine.kind == "spark" else None
    return SparkFiles(Place.of(url).under(engine.run)) if url else None


EMBEDDED = Engine()


def engine_of(settings: TrainingSettings) -> Engine:
    """The engine that settings name."""
    return Engine(settings.engine, settings.engine_memory)
