"""The same tables by Spark: every bit is that of the embedded engine, an executor killed meanwhile or not."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from tests.training.ranking.shop import rows
from tests.training.ranking.test_tables import tables
from training.ranking.orders import Orders
from training.tables.engine import Engine
from training.tables.spark_session import SPARK_MASTER

pytest.importorskip("pyspark", reason="the extra spark is not installed; make spark installs it")
pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(
        shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="no Java is here"
    ),
]
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    """Two executors, each a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SPARK_MASTER, "local-cluster[2,1,1024]")
        yield Engine("spark")
    from pyspark.sql import SparkSession

    if (session := SparkSession.getActiveSession()) is not None:
        session.stop()


def executors() -> list[psutil.Process]:
    """Those of this process' own Spark."""
    started = psutil.Process().children(recursive=True)
    alive = [process for process in started if process.status() != psutil.STATUS_ZOMBIE]
    return [process for process in alive if EXECUTOR in process.cmdline()]


def test_a_killed_executor_costs_time_and_no_bit(spark: Engine) -> None:
    table = rows(90)
    embedded = tables(Orders.of(table))
    orders = Orders.of(table, spark)
    before = executors()
    assert len(before) == 2
    found: dict[str, np.ndarray] = {}
    work = threading.Thread(target=lambda: found.update(tables(orders)))
    work.start()
    before[0].send_signal(signal.SIGKILL)
    work.join()
    assert found.keys() == embedded.keys()
    for name, values in embedded.items():
        assert values.tobytes() == found[name].tobytes(), name
    assert {process.pid for process in executors()} != {process.pid for process in before}
