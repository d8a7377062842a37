"""``RetrainJob``: on a schedule, whether to train anew, in the private site; to train is to transfer."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from training.components.job_object import single_pod
from training.components.pod import (
    JobPod,
    Resources,
    inputs_digest,
    labels_of,
    service_account,
)
from training.components.scheduled_job import ScheduledJob
from training.components.transfer_job import KEYS

NAME = "retrain"


class RetrainJob(pulumi.ComponentResource):
    """A CronJob that looks for drift, and transfers the newest orders where there is some."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        region: pulumi.Input[str],
        arrivals_bucket: pulumi.Input[str],
        releases_bucket: pulumi.Input[str],
        private_bucket: pulumi.Input[str],
        orders_url: pulumi.Input[str],
        orders_endpoint_url: pulumi.Input[str],
        settings: pulumi.Input[str],
        orders_settings: pulumi.Input[str] = "",
        retrain: pulumi.Input[str],
        schedule: str,
        endpoint_url: pulumi.Input[str] | None = None,
        role_arn: pulumi.Input[str] | None = None,
        resources: Resources | None = None,
        timeout_seconds: int = 2 * 3600,
        labels: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare it.

        Args:
            name: of the component.
            namespace: where it runs; holds the Secret ``isthmus-keys``.
            image: of this project's training, pinned.
            region: AWS region of the buckets.
            arrivals_bucket: where batches go.
            releases_bucket: where the release in service is.
            private_bucket: container of the private store for held-back orders and decisions.
            orders_url: ``s3://BUCKET/PREFIX/`` or ``file:///FOLDER/``.
            orders_endpoint_url: the private store's S3 API.
            settings: JSON of the section ``training``.
            orders_settings: JSON of the section ``orders``; "" means its defaults.
            retrain: JSON of the section ``training.retrain``.
            schedule: five fields, in UTC.
            endpoint_url: other S3 endpoint than AWS's own.
            role_arn: role to take by OIDC federation; None in a rehearsal.
            resources: CPU, memory, disk.
            timeout_seconds: after which a turn has failed.
            labels: of every object.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:RetrainJob", name, None, opts)
        labelled = labels_of(NAME, labels)
        account = service_account(NAME, name, namespace, labelled, self)
        pod = JobPod(
            name=NAME,
            module="training.jobs.retrain",
            image=image,
            region=region,
            env={
                "ARRIVALS_BUCKET": arrivals_bucket,
                "RELEASES_BUCKET": releases_bucket,
                "PRIVATE_BUCKET": private_bucket,
                "ORDERS_URL": orders_url,
                "ORDERS_ENDPOINT_URL": orders_endpoint_url,
                "TRAINING_SETTINGS": settings,
                "ORDERS_SETTINGS": orders_settings,
                "RETRAIN_SETTINGS": retrain,
            },
            keys=KEYS,
            inputs=inputs_digest(image, arrivals_bucket, orders_url, settings, retrain, orders_settings),
            endpoint_url=endpoint_url,
            role_arn=role_arn,
            resources=resources or Resources(cpu="500m", memory="1Gi", memory_limit="3Gi"),
            labels=labelled,
        )
        ScheduledJob(
            name,
            namespace=namespace,
            schedule=schedule,
            spec=single_pod(pod, backoff_limit=3, timeout_seconds=timeout_seconds),
            labels=labels,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account]),
        )
        self.register_outputs({})
