"""``python -m training.jobs.spark_executor``: an executor of Spark, as a pod that the driver started.

The driver tells it all by variables; what it ends with is Java's own exit code. A pod that is to end (its
node is drained, a spot notice came) gets SIGTERM: the executor is then told to hand on what it holds and take
no task more, and ends when that is done, or with the pod's grace.

What Spark's own image does for an executor is in apache/spark, resource-managers/kubernetes/docker/src/main/
dockerfiles/spark/entrypoint.sh (at 02a0d8fa), and which variables there are in resource-managers/kubernetes/
core/src/main/scala/org/apache/spark/deploy/k8s/features/BasicExecutorFeatureStep.scala (at 00012ecc; both
read 2026-11-28).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from training.job_runtime import Environment, run_job

BACKEND = "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend"
OPTION = "SPARK_JAVA_OPT_"
DECOMMISSION = signal.SIGPWR if hasattr(signal, "SIGPWR") else signal.SIGTERM
"""What an executor takes as the notice to hand on what it holds: ``spark.executor.decommission.signal``."""


def main(environment: Environment) -> int:
    """Run the executor to its end; returns Java's exit code."""
    argv, env = command(environment)
    with subprocess.Popen(argv, env=env) as java:

        def hand_on(_signal: int, _frame: FrameType | None) -> None:
            java.send_signal(DECOMMISSION)

        signal.signal(signal.SIGTERM, hand_on)
        code = java.wait()
    return code if code >= 0 else 128 - code


def command(environment: Environment) -> tuple[Sequence[str], Mapping[str, str]]:
    """The command line of the executor and its variables.

    Raises:
        MissingVariable: the driver did not say all of it.
    """
    import pyspark

    jars, home = Path(pyspark.__file__).parent / "jars" / "*", os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    options = {
        int(name.removeprefix(OPTION)): environment[name] for name in environment if name.startswith(OPTION)
    }
    memory = environment["SPARK_EXECUTOR_MEMORY"]
    argv = [
        java,
        *[options[number] for number in sorted(options)],
        f"-Xms{memory}",
        f"-Xmx{memory}",
        "-cp",
        str(jars),
        BACKEND,
        *("--driver-url", environment["SPARK_DRIVER_URL"]),
        *("--executor-id", environment["SPARK_EXECUTOR_ID"]),
        *("--cores", environment["SPARK_EXECUTOR_CORES"]),
        *("--app-id", environment["SPARK_APPLICATION_ID"]),
        *("--hostname", environment["SPARK_EXECUTOR_POD_IP"]),
        *("--resourceProfileId", environment["SPARK_RESOURCE_PROFILE_ID"]),
        *("--podName", environment["SPARK_EXECUTOR_POD_NAME"]),
    ]
    return argv, {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(jars.parents[1])}


if __name__ == "__main__":
    run_job(main)
