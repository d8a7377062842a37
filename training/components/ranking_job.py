"""``RankingJob``: adds the ranking stage to a candidate, in the private site where the raw orders are."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from training.components.context import ORDERS_KEYS, JobContext
from training.components.job import declare_job, known_after, named_by, single_pod
from training.components.pod import JobPod, Resources, inputs_digest

NAME = "rank"
MODULE = "training.jobs.rank"
RESOURCES = Resources(cpu="1", memory="2560Mi", memory_limit="6Gi", scratch="8Gi")
"""Half a million order lines of a year took 2.1 GiB; see docs/recommender.md."""


class RankingJob(pulumi.ComponentResource):
    """A job in the private cluster, between training and validation; it never signs."""

    candidate: pulumi.Output[str]
    """Name under which the release waits for validation, with its ranking stage; known once that is there."""
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
            candidate: ``TrainingJob.candidate``.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:RankingJob", name, None, opts)
        inputs = inputs_digest(
            MODULE,
            context.image,
            context.releases_bucket,
            context.orders_endpoint_url,
            context.orders_region,
            context.settings,
            candidate,
            context.orders_settings,
        )
        ranked = named_by(inputs, NAME, digits=12)
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "RELEASES_BUCKET": context.releases_bucket,
                "ORDERS_ENDPOINT_URL": context.orders_endpoint_url,
                "ORDERS_REGION": context.orders_region,
                "TRAINING_SETTINGS": context.settings,
                "ORDERS_SETTINGS": context.orders_settings,
                "CANDIDATE": candidate,
                "RANKED_CANDIDATE": ranked,
            },
            keys=ORDERS_KEYS,
            inputs=inputs,
            resources=RESOURCES,
            timeout_seconds=6 * 3600,
        )
        self.again = single_pod(pod)
        self.candidate = known_after(declare_job(name, pod, self.again, parent=self), ranked)
        self.register_outputs({"candidate": self.candidate})
