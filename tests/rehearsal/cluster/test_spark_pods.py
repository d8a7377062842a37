"""The data stage by Spark as the program declares it, in a cluster: its driver starts executors as pods.

The API server, its admission and its scheduler are real, and so are Spark and the pods' programs; the objects
are those of the stack ``local``, put as they are, with the rights that the driver has there and no others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from infra.__main__ import estate
from rehearsal.cluster import pools
from rehearsal.control_plane.errors import ApiRefused
from tests.infra.judges import plain
from tests.infra.recorded import changed_settings, record
from tests.rehearsal.cluster.conftest import CLUSTER, World, conditions, wait_for
from tests.training.conftest import REGION, client, keys, s3_url
from tests.training.shops import small_shop
from training.components.executors import EXECUTOR
from training.features.shards import make_shards
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.tables.engine import Engine
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import MANIFEST_KEY, TransferManifest
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

pytest.importorskip("pyspark", reason="the extra spark is not installed; make spark installs it")
pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]

__all__ = ["s3_url"]
NAMESPACE, ACCOUNT = "training", "system:serviceaccount:training:data"
SECONDS = 900.0
BY_SPARK = {
    "aws.cpu_pools": {"data": {"instance_type": "m7i.xlarge", "max": 2, "capacity": "spot"}},
    "training.engine": "spark",
    "training.engine_memory": 512,
    "training.data": {"job": True, "executors": {"count": 2, "cpus": 1, "memory": 2560, "pool": "data"}},
}
Object = dict[str, Any]


@pytest.fixture(scope="module")
def objects(s3_url: str) -> list[Object]:
    """What the program puts into the cluster of AWS for its training; last, the data stage."""
    settings = changed_settings("local", {**BY_SPARK, "aws.endpoint_url": s3_url})
    made = record(lambda: estate(settings), "local").resources
    found = [
        plain(each.inputs)
        for each in made
        if each.type.startswith("kubernetes:") and each.provider.split("::")[-2] == "aws-cluster"
    ]
    own = [
        each
        for each in found
        if each["kind"] == "PriorityClass"
        or (each["kind"] == "Namespace" and each["metadata"]["name"] == NAMESPACE)
        or each["metadata"].get("namespace") == NAMESPACE
    ]
    of_data = [each for each in own if each["kind"] == "Job" and each["metadata"]["name"].startswith("data-")]
    return [each for each in own if each["kind"] not in ("Job", "CronJob")] + of_data


@pytest.fixture(scope="module")
def cluster(world: World, objects: list[Object]) -> World:
    """The cluster with all of it but the Job, a system node and two nodes of the pool."""
    taint = ("isthmus.dev/pool", "data", "NoSchedule")
    capacity = {"cpu": "4", "memory": "16Gi", "pods": "58"}
    pools.declare(world.home, CLUSTER, pools.Pool("system", 1, capacity=capacity))
    labels = {"isthmus.dev/pool": "data", "isthmus.dev/capacity": "spot"}
    pools.declare(world.home, CLUSTER, pools.Pool("data", 2, labels, [taint], capacity))
    for each in sorted(objects, key=lambda one: one["kind"] != "Namespace"):
        if each["kind"] != "Job":
            world.cluster.api.apply(each, force=True)
    return world


def variables(job: Object) -> dict[str, str]:
    """Those of the Job's container that are plain."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


@pytest.mark.parametrize(
    ("resource", "verbs"),
    [
        ("pods", {"create", "delete", "deletecollection", "get", "list", "watch"}),
        ("pods/exec", set()),
        ("pods/log", set()),
        ("secrets", set()),
        ("configmaps", set()),
        ("services", set()),
        ("persistentvolumeclaims", set()),
    ],
)
def test_the_driver_may_do_with_pods_what_spark_does_and_nothing_else(
    cluster: World, resource: str, verbs: set[str]
) -> None:
    every = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    assert {verb for verb in every if _may(cluster, ACCOUNT, verb, resource, NAMESPACE)} == verbs
    assert not any(_may(cluster, ACCOUNT, verb, resource, "default") for verb in every)
    executor = f"system:serviceaccount:{NAMESPACE}:{EXECUTOR}"
    assert not any(_may(cluster, executor, verb, resource, NAMESPACE) for verb in every)


def _may(world: World, user: str, verb: str, resource: str, namespace: str) -> bool:
    kind, _, part = resource.partition("/")
    attributes = {"namespace": namespace, "verb": verb, "resource": kind, "subresource": part}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "groups": ["system:authenticated"], "resourceAttributes": attributes},
    }
    answer = world.cluster.api._ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


def test_a_drained_executor_costs_time_and_no_bit(
    cluster: World,
    objects: list[Object],
    s3_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = objects[-1]
    told, s3 = variables(job), client(s3_url)
    arrivals, (releases, _, prefix) = (
        told["ARRIVALS_BUCKET"],
        told["CHECKPOINT_URL"].removeprefix("s3://").partition("/"),
    )
    for name in (arrivals, releases, "private"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    settings = TrainingSettings(hold_back_days=2)
    bucket = BatchBucket(arrivals, s3, True)
    transfer(
        source=Folder(small_shop(tmp_path / "orders", customers=30)),
        pseudonyms=Pseudonyms("a key of the private site"),
        settings=settings,
        arrivals=bucket,
        private=BatchBucket("private", s3, False),
    )
    cluster.cluster.api.create(job)
    executors = wait_for(lambda: _executors(cluster, running=True), SECONDS)
    _stands_as_declared(executors[0], job)
    # As a drain of its node does it.
    cluster.cluster.api.evict(executors[0])
    done = wait_for(lambda: _over(cluster, job), SECONDS)
    assert "Complete" in conditions(done), _log(cluster, job)
    wait_for(lambda: not _executors(cluster), SECONDS)

    manifest = TransferManifest.from_bytes(bucket.get(MANIFEST_KEY) or b"", MANIFEST_KEY)
    files = [bucket.batch_file(entry, tmp_path) for entry in manifest.batches]
    wanted = make_shards(Engine(), files, tmp_path / "embedded", settings.shards)
    (index,) = [key for key in keys(s3, releases) if key.endswith("/shards.json")]
    content = json.loads(s3.get_object(Bucket=releases, Key=index)["Body"].read())
    assert content == wanted.content
    found = tmp_path / "found.parquet"
    s3.download_file(releases, index.replace("shards.json", "shard-0000.parquet"), str(found))
    assert pq.read_table(found).equals(pq.read_table(wanted.path("shard-0000.parquet")))
    # Nothing of the tables on the way is left.
    assert not [key for key in keys(s3, releases) if key.startswith(f"{prefix}/spark/")]


def _stands_as_declared(pod: Object, job: Object) -> None:
    """What Spark made of the template: on the pool, as nobody, for the driver."""
    spec, (container,) = pod["spec"], pod["spec"]["containers"]
    assert spec["nodeSelector"] == {"isthmus.dev/pool": "data"}
    assert spec["nodeName"].startswith("data-")
    assert spec["serviceAccountName"] == EXECUTOR
    assert container["resources"]["limits"] == {"memory": "2560Mi"}
    assert container["resources"]["requests"] == {"cpu": "1", "memory": "2560Mi"}
    assert container["image"] == job["spec"]["template"]["spec"]["containers"][0]["image"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["/bin/true"]
    (owner,) = pod["metadata"]["ownerReferences"]
    assert owner["kind"] == "Pod"
    assert owner["name"].startswith(job["metadata"]["name"])


def _executors(world: World, running: bool = False) -> list[Object]:
    pods = [
        pod
        for pod in world.cluster.list("Pod", NAMESPACE)
        if pod["metadata"].get("labels", {}).get("spark-role") == "executor"
    ]
    return [pod for pod in pods if not running or pod["status"].get("phase") == "Running"]


def _over(world: World, job: Object) -> Object | None:
    found = world.cluster.get("Job", job["metadata"]["name"], NAMESPACE) or {}
    return found if {"Complete", "Failed"} & conditions(found).keys() else None


def _log(world: World, job: Object) -> str:
    told = []
    for pod in world.cluster.list("Pod", NAMESPACE):
        for name in ("data", EXECUTOR):
            try:
                told.append(world.cluster.api.log(NAMESPACE, pod["metadata"]["name"], name)[-3000:])
            except ApiRefused:
                continue
    return "\n".join(told)
