"""``DataJob``: the data stage in AWS, which cuts transferred orders into the shards of a training."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import mebibytes
from training.components.context import JobContext
from training.components.executors import ExecutorSpec
from training.components.job import declare_job, indexed_pods, job_name, known_after
from training.components.pod import JOB_NAME_LABEL, JobPod, Resources, inputs_digest
from training.components.spark_pods import FIELDS, SparkPods

NAME = "data"
MODULE = "training.jobs.data"
BESIDE_MIB = 2048
"""What the job's process takes beside its engine: a batch, a shard, Arrow's buffers."""


class DataJob(pulumi.ComponentResource):
    """A job between transfer and training, of one pod; by Spark, that pod starts executors of its own.

    It runs again when orders, settings, image or code change, and finds what is there.
    """

    ready: pulumi.Output[str]
    """Digest of its inputs, known once the shards are there."""
    again: k8s.batch.v1.JobSpecArgs
    """The same job for a schedule; it does nothing where its input is what it was."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        engine_memory: int,
        executors: ExecutorSpec | None = None,
        arrivals: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            context: of the pipeline in the EKS cluster.
            engine_memory: MiB that the embedded engine holds, or Spark's driver.
            executors: of Spark; None for the embedded engine.
            arrivals: ``TransferJob.ready``: what the orders are.
            opts: with the EKS cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:DataJob", name, None, opts)
        inputs = inputs_digest(
            MODULE,
            context.image,
            context.arrivals_bucket,
            context.releases_bucket,
            context.settings,
            repr(executors),
            arrivals,
        )
        checkpoints = pulumi.Output.concat("s3://", context.releases_bucket, "/checkpoints")
        memory = mebibytes(engine_memory + BESIDE_MIB)
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "ARRIVALS_BUCKET": context.arrivals_bucket,
                "CHECKPOINT_URL": checkpoints,
                "TRAINING_SETTINGS": context.settings,
            },
            inputs=inputs,
            resources=Resources(cpu="1", memory=memory, memory_limit=memory, scratch="32Gi"),
            backoff_limit=6,
            timeout_seconds=12 * 3600,
        )
        by_spark = None
        if executors is not None:
            by_spark = SparkPods(
                f"{name}-spark",
                context,
                driver=NAME,
                spec=executors,
                opts=pulumi.ResourceOptions(parent=self),
            )

        def spec(job: pulumi.Input[str], **fields: str) -> k8s.batch.v1.JobSpecArgs:
            made = pod
            if by_spark is not None:
                folder = pulumi.Output.concat(checkpoints, "/spark")
                made = replace(
                    pod,
                    fields={**fields, **FIELDS},
                    env={**pod.env, **by_spark.env(job, folder)},
                    subdomain=NAME,
                    volumes=by_spark.volumes,
                    mounts=by_spark.mounts,
                )
            # An index has a name of its own in the cluster's DNS.
            return indexed_pods(made, pods=1, may_fail=0)

        after = by_spark.after if by_spark is not None else []
        job = declare_job(name, pod, spec(job_name(NAME, inputs)), parent=self, after=after)
        # The name of the Job is known to its pods only.
        self.again = spec("$(JOB_NAME)", JOB_NAME=f"metadata.labels['{JOB_NAME_LABEL}']")
        self.ready = known_after(job, inputs)
        self.register_outputs({"ready": self.ready})
