"""``RetrainJob``: on a schedule, whether to train anew, in the private site; to train is to transfer."""

from __future__ import annotations

import pulumi

from training.components.context import ORDERS_KEYS, JobContext
from training.components.job import service_account, single_pod
from training.components.pod import JobPod, Resources, inputs_digest
from training.components.scheduled_job import ScheduledJob

NAME = "retrain"
MODULE = "training.jobs.retrain"


class RetrainJob(pulumi.ComponentResource):
    """A CronJob that looks for drift, and transfers the newest orders where there is some."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        retrain: pulumi.Input[str],
        schedule: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the CronJob.

        Args:
            name: of the component.
            context: of the pipeline in the private cluster.
            retrain: JSON of the section ``training.retrain``.
            schedule: five fields, in UTC.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:RetrainJob", name, None, opts)
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "ARRIVALS_BUCKET": context.arrivals_bucket,
                "RELEASES_BUCKET": context.releases_bucket,
                "PRIVATE_BUCKET": context.private_bucket,
                "ORDERS_URL": context.orders_url,
                "ORDERS_ENDPOINT_URL": context.orders_endpoint_url,
                "ORDERS_REGION": context.orders_region,
                "TRAINING_SETTINGS": context.settings,
                "ORDERS_SETTINGS": context.orders_settings,
                "RETRAIN_SETTINGS": retrain,
            },
            keys=ORDERS_KEYS,
            inputs=inputs_digest(
                MODULE,
                context.image,
                context.arrivals_bucket,
                context.orders_url,
                context.settings,
                retrain,
                context.orders_settings,
            ),
            resources=Resources(cpu="500m", memory="1Gi", memory_limit="3Gi"),
            timeout_seconds=2 * 3600,
        )
        account = service_account(name, pod, self)
        ScheduledJob(
            name,
            context,
            schedule=schedule,
            spec=single_pod(pod),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account]),
        )
        self.register_outputs({})
