"""``ValidationJob``: judges a candidate in the private site, and signs what passes."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from training.components.context import ORDERS_KEYS, JobContext
from training.components.job import declare_job, known_after, single_pod
from training.components.pod import JobPod, Resources, inputs_digest

NAME = "validate"
MODULE = "training.jobs.validate"


class ValidationJob(pulumi.ComponentResource):
    """A job in the private cluster; a candidate that misses a gate fails it, and ``latest.json`` stays."""

    ready: pulumi.Output[str]
    """Digest of its inputs, known once the release is signed and in service."""
    again: k8s.batch.v1.JobSpecArgs
    """The same job for a schedule; it does nothing where its input is what it was."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        candidate: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            context: of the pipeline in the private cluster.
            candidate: ``RankingJob.candidate``.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:ValidationJob", name, None, opts)
        inputs = inputs_digest(
            MODULE,
            context.image,
            context.releases_bucket,
            context.private_bucket,
            context.settings,
            candidate,
            context.orders_settings,
        )
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "RELEASES_BUCKET": context.releases_bucket,
                "PRIVATE_BUCKET": context.private_bucket,
                "ORDERS_ENDPOINT_URL": context.orders_endpoint_url,
                "ORDERS_REGION": context.orders_region,
                "TRAINING_SETTINGS": context.settings,
                "ORDERS_SETTINGS": context.orders_settings,
                "CANDIDATE": candidate,
            },
            keys=(*ORDERS_KEYS, "SIGNING_KEY"),
            inputs=inputs,
            resources=Resources(cpu="500m", memory="512Mi", memory_limit="2Gi"),
            timeout_seconds=3600,
        )
        self.again = single_pod(replace(pod, module="training.jobs.validate_new"))
        self.ready = known_after(declare_job(name, pod, single_pod(pod), parent=self), inputs)
        self.register_outputs({"ready": self.ready})
