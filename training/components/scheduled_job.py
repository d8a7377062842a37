"""``ScheduledJob``: the Job of a component made again and again, on a schedule."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from training.components.pod import labels_of

STARTING_DEADLINE_SECONDS = 3600
KEPT = 3


class ScheduledJob(pulumi.ComponentResource):
    """A CronJob of a Job's spec, never two at a time. The jobs are idempotent: most turns do nothing."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        schedule: str,
        spec: k8s.batch.v1.JobSpecArgs,
        labels: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare it.

        Args:
            name: of the CronJob, and the beginning of its Jobs' names.
            namespace: where it runs.
            schedule: five fields, in UTC.
            spec: of each Job.
            labels: of every object.
            opts: with the cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:ScheduledJob", name, None, opts)
        labelled = labels_of(name, labels)
        k8s.batch.v1.CronJob(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=labelled),
            spec=k8s.batch.v1.CronJobSpecArgs(
                schedule=schedule,
                time_zone="Etc/UTC",
                concurrency_policy="Forbid",
                starting_deadline_seconds=STARTING_DEADLINE_SECONDS,
                successful_jobs_history_limit=KEPT,
                failed_jobs_history_limit=KEPT,
                job_template=k8s.batch.v1.JobTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=labelled), spec=spec
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
