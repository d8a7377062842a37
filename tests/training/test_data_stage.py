"""The data stage as a job of its own: what it leaves is what a training finds, and what Spark is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import client, keys
from tests.training.shops import small_shop
from training.components.executors import EXECUTOR, ExecutorSpec, executor_pod, spark_conf
from training.errors import TrainingError
from training.features import training_data
from training.features.training_data import Shared
from training.fit.checkpoint import open_objects
from training.job_runtime import Environment, MissingVariable
from training.jobs import data, spark_executor
from training.jobs.transferred import read_transferred
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.tables import spark_session
from training.transfer.bucket import BatchBucket
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer


@pytest.mark.usefixtures("stand_in_aws")
def test_a_training_finds_what_the_data_stage_left(
    bucket: Callable[[str], str], s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, arrivals, releases = client(s3_url), bucket("arrivals"), bucket("releases")
    settings, batches = TrainingSettings(hold_back_days=2), BatchBucket(arrivals, s3, True)
    transfer(
        source=Folder(small_shop(tmp_path / "orders")),
        pseudonyms=Pseudonyms("a key of the private site"),
        settings=settings,
        arrivals=batches,
        private=BatchBucket(bucket("private"), s3, False),
    )
    url = f"s3://{releases}/checkpoints"
    environment = Environment(
        {
            "ARRIVALS_BUCKET": arrivals,
            "CHECKPOINT_URL": url,
            "TRAINING_SETTINGS": settings.model_dump_json(exclude_none=True),
        }
    )
    assert data.main(environment) == 0
    left = keys(s3, releases)
    assert all(key.startswith("checkpoints/shards/") for key in left)

    def never(*_: Any) -> None:
        raise AssertionError("the shards were made again")

    monkeypatch.setattr(training_data, "make_shards", never)
    assert data.main(environment) == 0
    # A worker that is not the first would wait for them, and does not.
    found = read_transferred(batches, settings, Shared(open_objects(url, s3), first=False, wait_s=0.0))
    assert found.shards.orders > 0
    assert keys(s3, releases) == left


def test_an_executor_is_told_by_its_driver_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    monkeypatch.setenv("JAVA_HOME", "/opt/java")
    told = {
        "SPARK_EXECUTOR_MEMORY": "1536m",
        "SPARK_DRIVER_URL": "spark://driver:7078",
        "SPARK_EXECUTOR_ID": "3",
        "SPARK_EXECUTOR_CORES": "2",
        "SPARK_APPLICATION_ID": "spark-1",
        "SPARK_EXECUTOR_POD_IP": "10.0.0.7",
        "SPARK_RESOURCE_PROFILE_ID": "0",
        "SPARK_EXECUTOR_POD_NAME": "exec-3",
        "SPARK_JAVA_OPT_10": "-Dlast",
        "SPARK_JAVA_OPT_9": "-Dfirst",
    }
    argv, _ = spark_executor.command(Environment(told))
    assert list(argv[:5]) == ["/opt/java/bin/java", "-Dfirst", "-Dlast", "-Xms1536m", "-Xmx1536m"]
    del told["SPARK_DRIVER_URL"]
    with pytest.raises(MissingVariable, match="SPARK_DRIVER_URL"):
        spark_executor.command(Environment(told))


def test_what_spark_is_told_must_be_an_object_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("{", "[]", '{"spark.executor.instances": 2}'):
        monkeypatch.setenv(spark_session.SPARK_CONF, wrong)
        with pytest.raises(TrainingError, match="allowed is a JSON object of texts"):
            spark_session._further()


def test_a_pod_of_an_executor_is_as_large_as_the_setting_says() -> None:
    spec = ExecutorSpec(count=4, cpus=2, memory_mib=6144, scratch_gib=20, pool="data")
    conf = spark_conf(spec, "driver", "image")
    parts = (conf["spark.executor.memory"], conf["spark.executor.memoryOverhead"])
    assert sum(int(part.removesuffix("m")) for part in parts) == spec.memory_mib
    assert ExecutorSpec(1, 1, 2048, 1).overhead_mib == 1024
    pod = executor_pod(spec, user=65532, labels={}, env={})["spec"]
    assert pod["tolerations"] == [
        {"key": "isthmus.dev/pool", "operator": "Equal", "value": "data", "effect": "NoSchedule"}
    ]
    anywhere = executor_pod(ExecutorSpec(1, 1, 2048, 1), user=65532, labels={}, env={})["spec"]
    assert "nodeSelector" not in anywhere
    assert "tolerations" not in anywhere
    assert anywhere["serviceAccountName"] == EXECUTOR
