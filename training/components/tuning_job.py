"""``TuningJob``: a search for better settings in AWS, one pod per index, trials beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from training.components.job_object import job_object
from training.components.pod import (
    JobPod,
    Resources,
    failure_policy,
    inputs_digest,
    labels_of,
    pod_template,
    service_account,
)

NAME = "tune"


class TuningJob(pulumi.ComponentResource):
    """An Indexed Job on spot capacity. The engine does not wait for it: nothing in the estate needs its end.

    Its state is in the releases bucket, so a Job that was deleted, or that other code has replaced, goes on
    with the study it finds there as long as orders, ranges and what a trial depends on are the same.
    """

    best: pulumi.Output[str]
    """Where the best settings are, once there are some."""

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
        tuning: pulumi.Input[str],
        parallel: int,
        arrivals: pulumi.Input[str] = "",
        gpus: int = 0,
        pool: str | None = None,
        endpoint_url: pulumi.Input[str] | None = None,
        resources: Resources | None = None,
        timeout_seconds: int = 7 * 24 * 3600,
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
            releases_bucket: keeps the study under ``tuning/``.
            settings: JSON of the section ``training``.
            tuning: JSON of the section ``training.operations.tuning``.
            parallel: indices, and so trials at a time.
            arrivals: ``TransferJob.ready``: what the orders are.
            gpus: GPUs of each pod; 0 for the CPU.
            pool: node pool to run on; None is anywhere.
            endpoint_url: other S3 endpoint than AWS's own.
            resources: CPU, memory and disk of each pod.
            timeout_seconds: after which the job has failed, waiting for capacity included.
            labels: of every object.
            opts: with the public cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TuningJob", name, None, opts)
        if parallel < 1:
            raise ValueError(f"{name}: {parallel} trials at a time; at least 1 is needed")
        labelled = labels_of(NAME, labels)
        inputs = inputs_digest(
            image, arrivals_bucket, releases_bucket, settings, tuning, str(parallel), arrivals
        )
        account = service_account(NAME, name, namespace, labelled, self)
        place = pulumi.Output.concat("s3://", releases_bucket, "/tuning")
        pod = JobPod(
            name=NAME,
            module="training.jobs.tune",
            image=image,
            region=region,
            env={
                "ARRIVALS_BUCKET": arrivals_bucket,
                "TUNING_URL": place,
                "TRAINING_SETTINGS": settings,
                "TUNING_SETTINGS": tuning,
            },
            inputs=inputs,
            endpoint_url=endpoint_url,
            gpus=gpus,
            pool=pool,
            resources=resources or Resources(),
            labels=labelled,
        )
        job_object(
            name,
            pod=pod,
            namespace=namespace,
            inputs=inputs,
            spec=k8s.batch.v1.JobSpecArgs(
                completion_mode="Indexed",
                completions=parallel,
                parallelism=parallel,
                # An index that fails for good leaves its trials to the others.
                backoff_limit_per_index=6,
                max_failed_indexes=parallel - 1,
                active_deadline_seconds=timeout_seconds,
                pod_failure_policy=failure_policy(NAME),
                template=pod_template(pod),
            ),
            parent=self,
            after=[account],
            timeout_seconds=None,
        )
        self.best = pulumi.Output.concat(place, "/tuned.yaml")
        self.register_outputs({"best": self.best})
