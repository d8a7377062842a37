"""``TransferJob``: brings pseudonymous orders from the private site to the arrivals bucket."""

from __future__ import annotations

import pulumi

from training.components.context import ORDERS_KEYS, JobContext
from training.components.job import declare_job, known_after, single_pod
from training.components.pod import JobPod, Resources, inputs_digest

NAME = "transfer"
MODULE = "training.jobs.transfer"


class TransferJob(pulumi.ComponentResource):
    """A job in the private cluster; runs again when orders, settings, image or code change."""

    ready: pulumi.Output[str]
    """Digest of its inputs, known once the transfer has ended well."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        orders_version: pulumi.Input[str] = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            context: of the pipeline in the private cluster.
            orders_version: changes when the orders do (a digest, a date); "" leaves that to the settings.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TransferJob", name, None, opts)
        inputs = inputs_digest(
            MODULE,
            context.image,
            context.arrivals_bucket,
            context.private_bucket,
            context.orders_url,
            context.orders_endpoint_url,
            context.orders_region,
            context.settings,
            orders_version,
            context.orders_settings,
        )
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "ARRIVALS_BUCKET": context.arrivals_bucket,
                "PRIVATE_BUCKET": context.private_bucket,
                "ORDERS_URL": context.orders_url,
                "ORDERS_ENDPOINT_URL": context.orders_endpoint_url,
                "ORDERS_REGION": context.orders_region,
                "TRAINING_SETTINGS": context.settings,
                "ORDERS_SETTINGS": context.orders_settings,
            },
            keys=ORDERS_KEYS,
            inputs=inputs,
            resources=Resources(cpu="500m", memory="512Mi", memory_limit="2Gi"),
            backoff_limit=6,
            timeout_seconds=3600,
        )
        self.ready = known_after(declare_job(name, pod, single_pod(pod), parent=self), inputs)
        self.register_outputs({"ready": self.ready})
