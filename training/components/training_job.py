"""``TrainingJob``: distributed training in AWS, one pod per worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from training.components.job_object import job_object
from training.components.pod import (
    JOB_NAME_LABEL,
    JobPod,
    Resources,
    failure_policy,
    inputs_digest,
    job_name,
    labels_of,
    pod_template,
    service_account,
)

NAME = "train"

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
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        region: pulumi.Input[str],
        arrivals_bucket: pulumi.Input[str],
        releases_bucket: pulumi.Input[str],
        settings: pulumi.Input[str],
        workers: int,
        elastic_min_workers: int = 0,
        base_port: int = 2222,
        arrivals: pulumi.Input[str] = "",
        checkpoint_url: pulumi.Input[str] | None = None,
        gpus: int = 0,
        pool: str | None = None,
        endpoint_url: pulumi.Input[str] | None = None,
        role_arn: pulumi.Input[str] | None = None,
        resources: Resources | None = None,
        timeout_seconds: int = 24 * 3600,
        labels: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            namespace: where it runs.
            image: of this project's training, pinned.
            region: AWS region of the buckets.
            arrivals_bucket: where the orders are.
            releases_bucket: where the release goes.
            settings: JSON of the section ``training``.
            workers: pods that train together.
            elastic_min_workers: fewest that go on when others find no node; 0 is all of them.
            base_port: worker i listens on the base port plus i.
            arrivals: ``TransferJob.ready``: what the orders are.
            checkpoint_url: ``s3://BUCKET/PREFIX``; None is ``checkpoints/`` of the releases bucket.
            gpus: GPUs of each worker; 0 trains on the CPU.
            pool: node pool to run on; None is anywhere.
            endpoint_url: other S3 endpoint than AWS's own.
            role_arn: role to take by OIDC federation; None where the cluster gives it (EKS Pod Identity).
            resources: CPU, memory and disk of each worker.
            timeout_seconds: after which the job has failed, waiting for capacity included.
            labels: of every object.
            opts: with the public cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TrainingJob", name, None, opts)
        if workers < 1:
            raise ValueError(f"{name}: {workers} workers; at least 1 is needed")
        elastic = 0 < elastic_min_workers < workers
        labelled = labels_of(NAME, labels)
        selector = {"app.kubernetes.io/name": NAME}
        inputs = inputs_digest(image, arrivals_bucket, releases_bucket, settings, str(workers), arrivals)
        candidate = inputs.apply(lambda digest: f"{NAME}-{digest.removeprefix('sha256:')[:12]}")
        account = service_account(NAME, name, namespace, labelled, self)
        service = k8s.core.v1.Service(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=NAME,
                namespace=namespace,
                labels=labelled,
                # The pods are ready only once they have found each other: nothing to wait for here.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=k8s.core.v1.ServiceSpecArgs(
                cluster_ip="None",
                publish_not_ready_addresses=True,
                selector=selector,
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
            module="training.jobs.train",
            image=image,
            region=region,
            env={
                "ARRIVALS_BUCKET": arrivals_bucket,
                "RELEASES_BUCKET": releases_bucket,
                "CHECKPOINT_URL": checkpoint_url
                if checkpoint_url is not None
                else pulumi.Output.concat("s3://", releases_bucket, "/checkpoints"),
                "CANDIDATE": candidate,
                "TRAINING_SETTINGS": settings,
                "TRAINING_PEERS": job_name(NAME, inputs).apply(lambda job: peers(job, workers, base_port)),
            },
            inputs=inputs,
            endpoint_url=endpoint_url,
            role_arn=role_arn,
            gpus=gpus,
            pool=pool,
            subdomain=NAME,
            resources=resources or Resources(),
            labels=labelled,
        )

        def spec(of: JobPod) -> k8s.batch.v1.JobSpecArgs:
            return k8s.batch.v1.JobSpecArgs(
                completion_mode="Indexed",
                completions=workers,
                parallelism=workers,
                backoff_limit_per_index=6,
                max_failed_indexes=workers - elastic_min_workers if elastic else 0,
                success_policy=DONE_BY_ONE if elastic else None,
                active_deadline_seconds=timeout_seconds,
                pod_failure_policy=failure_policy(NAME),
                template=pod_template(of),
            )

        job = job_object(
            name,
            pod=pod,
            namespace=namespace,
            inputs=inputs,
            spec=spec(pod),
            parent=self,
            after=[account, service],
            timeout_seconds=timeout_seconds,
        )
        self.again = spec(
            replace(
                pod,
                # The name of the Job is known to its pods only.
                fields={"JOB_NAME": f"metadata.labels['{JOB_NAME_LABEL}']"},
                env={**pod.env, "TRAINING_PEERS": peers("$(JOB_NAME)", workers, base_port)},
            )
        )
        self.candidate = pulumi.Output.all(candidate, job.metadata.uid).apply(lambda known: str(known[0]))
        self.register_outputs({"candidate": self.candidate})


def peers(job: str, workers: int, base_port: int) -> str:
    """TRAINING_PEERS: the DNS name of every worker's pod, with its port."""
    return ",".join(f"{job}-{index}.{NAME}:{base_port + index}" for index in range(workers))
