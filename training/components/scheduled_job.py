"""``ScheduledJob``: the Job of a component made again and again, on a schedule."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from training.components.context import JobContext
from training.components.pod import labels_of

STARTING_DEADLINE_SECONDS = 3600
KEPT = 3


class ScheduledJob(pulumi.ComponentResource):
    """A CronJob of a Job's spec, never two at a time. The jobs are idempotent: most turns do nothing."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        schedule: str,
        spec: k8s.batch.v1.JobSpecArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the CronJob.

        Args:
            name: of the CronJob, and the beginning of its Jobs' names.
            context: of the pipeline in the cluster of the job.
            schedule: five fields, in UTC.
            spec: of each Job.
            opts: with the cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:ScheduledJob", name, None, opts)
        labels = labels_of(name, context.labels)
        k8s.batch.v1.CronJob(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=context.namespace, labels=labels),
            spec=k8s.batch.v1.CronJobSpecArgs(
                schedule=schedule,
                time_zone="Etc/UTC",
                concurrency_policy="Forbid",
                starting_deadline_seconds=STARTING_DEADLINE_SECONDS,
                successful_jobs_history_limit=KEPT,
                failed_jobs_history_limit=KEPT,
                job_template=k8s.batch.v1.JobTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels), spec=spec
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
