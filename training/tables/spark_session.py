"""A Spark to compute with: two executors of this machine, or those of a cluster.

In a pod the driver starts its executors itself, as pods of the same namespace: ``SPARK_CONF`` says which
(``training.components.spark``).
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Final

from training.errors import TrainingError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK_MASTER: Final = "SPARK_MASTER"
"""Variable with the master of the cluster; without it, two executors of this machine (``local[2]``)."""
SPARK_CONF: Final = "SPARK_CONF"
"""Variable with further settings of Spark, a JSON object of texts."""


def start(memory_mib: int) -> SparkSession:
    """The Spark of this process, started now if it is not there.

    Args:
        memory_mib: of the driver's heap, MiB.

    Raises:
        TrainingError: pyspark is not installed, or Spark does not start.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise TrainingError(
            "training.engine is spark, and pyspark is not installed: pip install 'isthmus[spark]'"
        ) from None
    settings: dict[str, bool | float | int | str | None] = {
        "spark.app.name": "isthmus",
        "spark.driver.memory": f"{memory_mib}m",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
    }
    master = os.environ.get(SPARK_MASTER) or "local[2]"
    if master.startswith("local"):
        # Spark's own 200 are for a cluster: here each costs more than its rows.
        settings["spark.sql.shuffle.partitions"] = 4
    settings |= _further()
    builder = SparkSession.builder.master(master)
    try:
        session = builder.config(map=settings).getOrCreate()
    except (PySparkException, OSError) as error:
        raise TrainingError(
            f"Spark does not start ({str(error).splitlines()[0]}); it needs Java 17 or 21 on PATH or in "
            f"JAVA_HOME, and ${SPARK_MASTER} to name a cluster that is there"
        ) from None
    session.sparkContext.setLogLevel("ERROR")
    return session


def stop() -> None:
    """End the Spark of this process, and with it its executors; without one, nothing."""
    if (sql := sys.modules.get("pyspark.sql")) is None:
        return
    if (session := sql.SparkSession.getActiveSession()) is not None:
        session.stop()


def _further() -> dict[str, str]:
    text = os.environ.get(SPARK_CONF) or "{}"
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise TrainingError(
            f"{SPARK_CONF} is {text[:80]!r}; allowed is a JSON object of texts, such as "
            '{"spark.executor.instances": "2"}'
        )
    return found
