"""The executors of a driver of Spark: their pod, and what Spark is told of them. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from isthmus.pod_parts import POOL_LABEL, TRAINING_PRIORITY

EXECUTOR: Final = "data-executor"
"""Name of the executors' account, label and container."""
MODULE: Final = "training.jobs.spark_executor"
DRIVER_PORT, BLOCKS_PORT = 7078, 7079
GRACE_SECONDS: Final = 100
"""For an executor to hand on what it holds; a spot notice leaves 120."""
TEMPLATE_FOLDER, TEMPLATE = "/etc/isthmus/executor", "executor.json"
SCRATCH: Final = "/scratch"
LEAST_OVERHEAD_MIB: Final = 1024


@dataclass(frozen=True)
class ExecutorSpec:
    """The executors of a job: how many, how large, and where.

    Attributes:
        count: at a time.
        cpus: of each.
        memory_mib: of each pod, all of it.
        scratch_gib: disk of each pod for shuffled rows.
        pool: node pool to run on; None is anywhere.
    """

    count: int
    cpus: int
    memory_mib: int
    scratch_gib: int
    pool: str | None = None

    @property
    def overhead_mib(self) -> int:
        """Memory that is no heap of Java: Python's, buffers, threads."""
        return max(LEAST_OVERHEAD_MIB, self.memory_mib // 4)


def executor_pod(
    spec: ExecutorSpec, *, user: int, labels: Mapping[str, str], env: Mapping[str, str]
) -> dict[str, Any]:
    """The template of an executor's pod; Spark adds its name, image, resources, owner and variables.

    Args:
        spec: of the executors.
        user: that it runs as.
        labels: of the pod.
        env: its variables, besides those of Spark.
    """
    unprivileged = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    tolerated = {"key": POOL_LABEL, "operator": "Equal", "value": spec.pool, "effect": "NoSchedule"}
    variables = {"HOME": "/tmp", "TMPDIR": "/tmp", "PYTHONUNBUFFERED": "1", **env}  # noqa: S108
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": dict(labels)},
        "spec": {
            "serviceAccountName": EXECUTOR,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "priorityClassName": TRAINING_PRIORITY,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "securityContext": {**unprivileged, "runAsUser": user, "runAsGroup": user, "fsGroup": user},
            **({"nodeSelector": {POOL_LABEL: spec.pool}, "tolerations": [tolerated]} if spec.pool else {}),
            "containers": [
                {
                    "name": EXECUTOR,
                    "command": ["python", "-m", MODULE],
                    "env": [{"name": name, "value": value} for name, value in variables.items()],
                    "securityContext": {
                        **unprivileged,
                        "allowPrivilegeEscalation": False,
                        "privileged": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [
                        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                        {"name": "spark-local-dir-1", "mountPath": SCRATCH},
                    ],
                }
            ],
            "volumes": [
                {"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}},
                # By this beginning of the name Spark knows a volume of its own.
                {"name": "spark-local-dir-1", "emptyDir": {"sizeLimit": f"{spec.scratch_gib}Gi"}},
            ],
        },
    }


def spark_conf(spec: ExecutorSpec, host: str, image: str) -> dict[str, str]:
    """Spark's settings of a driver that runs in a pod; ``$(NAME)`` is a variable of it.

    Args:
        spec: of the executors.
        host: by which executors reach the driver.
        image: of the executors.
    """
    return {
        "spark.driver.host": host,
        "spark.driver.bindAddress": "$(POD_IP)",
        "spark.driver.port": str(DRIVER_PORT),
        "spark.driver.blockManager.port": str(BLOCKS_PORT),
        "spark.executor.instances": str(spec.count),
        "spark.executor.cores": str(spec.cpus),
        "spark.executor.memory": f"{spec.memory_mib - spec.overhead_mib}m",
        "spark.executor.memoryOverhead": f"{spec.overhead_mib}m",
        "spark.kubernetes.namespace": "$(POD_NAMESPACE)",
        "spark.kubernetes.driver.pod.name": "$(POD_NAME)",
        "spark.kubernetes.container.image": image,
        "spark.kubernetes.container.image.pullPolicy": "IfNotPresent",
        "spark.kubernetes.executor.podTemplateFile": f"{TEMPLATE_FOLDER}/{TEMPLATE}",
        "spark.kubernetes.executor.podTemplateContainerName": EXECUTOR,
        # Nothing but pods: no config map, service or claim is made or looked for.
        "spark.kubernetes.executor.disableConfigMap": "true",
        "spark.kubernetes.driver.service.deleteOnTermination": "false",
        "spark.kubernetes.driver.ownPersistentVolumeClaim": "false",
        "spark.kubernetes.driver.reusePersistentVolumeClaim": "false",
        # An executor whose node goes hands on what it holds; its pod's own program is told by SIGTERM.
        "spark.decommission.enabled": "true",
        "spark.storage.decommission.enabled": "true",
        "spark.storage.decommission.rddBlocks.enabled": "true",
        "spark.storage.decommission.shuffleBlocks.enabled": "true",
        "spark.kubernetes.decommission.script": "/bin/true",
        # Spot nodes come one by one, and go: what is lost is computed again, however often that is.
        "spark.scheduler.minRegisteredResourcesRatio": "0.5",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "300s",
        "spark.executor.maxNumFailures": "1000",
        "spark.task.maxFailures": "8",
        "spark.stage.maxConsecutiveAttempts": "16",
        # Nobody else in the namespace can be an executor, or listen to one.
        "spark.authenticate": "true",
        "spark.network.crypto.enabled": "true",
    }
