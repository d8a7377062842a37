"""``TrainingJob``: distributed training in AWS, one pod per worker."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from training.components.context import JobContext
from training.components.job import declare_job, indexed_pods, job_name, known_after, named_by
from training.components.pod import JOB_NAME_LABEL, JobPod, inputs_digest, labels_of

NAME = "train"
MODULE = "training.jobs.train"

DONE_BY_ONE = k8s.batch.v1.SuccessPolicyArgs(rules=[k8s.batch.v1.SuccessPolicyRuleArgs(succeeded_count=1)])
"""A worker ends well only when the release is there; those that found no node need not run for it."""


class TrainingJob(pulumi.ComponentResource):
    """An Indexed Job and the headless Service by which its workers find each other.

    A worker that is preempted or loses another ends with a code that costs no retry; both start again and go
    on from the last checkpoint. The job runs again when orders, settings, image or code change.
    """

    candidate: pulumi.Output[str]
    """Name under which the release waits for validation, known once training has ended well."""
    again: k8s.batch.v1.JobSpecArgs
    """The same job for a schedule; it does nothing where its input is what it was."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        workers: int,
        elastic_min_workers: int = 0,
        base_port: int = 2222,
        arrivals: pulumi.Input[str] = "",
        gpus: int = 0,
        pool: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            context: of the pipeline in the EKS cluster.
            workers: pods that train together.
            elastic_min_workers: fewest that go on when others find no node; 0 is all of them.
            base_port: worker i listens on the base port plus i.
            arrivals: ``TransferJob.ready``: what the orders are.
            gpus: GPUs of each worker; 0 trains on the CPU.
            pool: node pool to run on; None is anywhere.
            opts: with the EKS cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TrainingJob", name, None, opts)
        if workers < 1:
            raise ValueError(f"{name}: {workers} workers; at least 1 is needed")
        inputs = inputs_digest(
            MODULE,
            context.image,
            context.arrivals_bucket,
            context.releases_bucket,
            context.settings,
            str(workers),
            arrivals,
        )
        candidate = named_by(inputs, NAME, digits=12)
        service = k8s.core.v1.Service(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=NAME,
                namespace=context.namespace,
                labels=labels_of(NAME, context.labels),
                # The pods are ready only once they have found each other: nothing to wait for here.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=k8s.core.v1.ServiceSpecArgs(
                cluster_ip="None",
                publish_not_ready_addresses=True,
                selector={"app.kubernetes.io/name": NAME},
                ports=[
                    # Named by the port: an apply that moves a name to another port asks for it twice.
                    k8s.core.v1.ServicePortArgs(name=f"worker-{base_port + index}", port=base_port + index)
                    for index in range(workers)
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "ARRIVALS_BUCKET": context.arrivals_bucket,
                "RELEASES_BUCKET": context.releases_bucket,
                "CHECKPOINT_URL": pulumi.Output.concat("s3://", context.releases_bucket, "/checkpoints"),
                "CANDIDATE": candidate,
                "TRAINING_SETTINGS": context.settings,
                "TRAINING_PEERS": job_name(NAME, inputs).apply(lambda job: peers(job, workers, base_port)),
            },
            inputs=inputs,
            gpus=gpus,
            pool=pool,
            subdomain=NAME,
            backoff_limit=6,
            timeout_seconds=24 * 3600,
        )

        def spec(pod: JobPod) -> k8s.batch.v1.JobSpecArgs:
            elastic = 0 < elastic_min_workers < workers
            return indexed_pods(
                pod,
                pods=workers,
                may_fail=workers - elastic_min_workers if elastic else 0,
                success_policy=DONE_BY_ONE if elastic else None,
            )

        job = declare_job(name, pod, spec(pod), parent=self, after=[service])
        self.again = spec(
            replace(
                pod,
                # The name of the Job is known to its pods only.
                fields={"JOB_NAME": f"metadata.labels['{JOB_NAME_LABEL}']"},
                env={**pod.env, "TRAINING_PEERS": peers("$(JOB_NAME)", workers, base_port)},
            )
        )
        self.candidate = known_after(job, candidate)
        self.register_outputs({"candidate": self.candidate})


def peers(job: str, workers: int, base_port: int) -> str:
    """TRAINING_PEERS: the DNS name of every worker's pod, with its port."""
    return ",".join(f"{job}-{index}.{NAME}:{base_port + index}" for index in range(workers))
