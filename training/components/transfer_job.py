"""``TransferJob``: brings pseudonymous orders from the private site to the arrivals bucket."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from training.components.job_object import job_object, single_pod
from training.components.pod import (
    JobPod,
    Resources,
    inputs_digest,
    labels_of,
    service_account,
)

NAME = "transfer"
KEYS = ("ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY")


class TransferJob(pulumi.ComponentResource):
    """A job in the private cluster; runs again when orders, settings, image or code change."""

    ready: pulumi.Output[str]
    """Digest of its inputs, known once the transfer has ended well."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        region: pulumi.Input[str],
        arrivals_bucket: pulumi.Input[str],
        private_bucket: pulumi.Input[str],
        orders_url: pulumi.Input[str],
        orders_endpoint_url: pulumi.Input[str],
        settings: pulumi.Input[str],
        orders_version: pulumi.Input[str] = "",
        orders_settings: pulumi.Input[str] = "",
        endpoint_url: pulumi.Input[str] | None = None,
        role_arn: pulumi.Input[str] | None = None,
        resources: Resources | None = None,
        timeout_seconds: int = 3600,
        labels: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            namespace: where it runs; holds the Secret ``isthmus-keys``.
            image: of this project's training, pinned.
            region: AWS region of the arrivals bucket.
            arrivals_bucket: where batches go.
            private_bucket: container of the private store for held-back orders.
            orders_url: ``s3://BUCKET/PREFIX/`` or ``file:///FOLDER/``.
            orders_endpoint_url: the private store's S3 API.
            settings: JSON of the section ``training``.
            orders_settings: JSON of the section ``orders``; "" means its defaults.
            orders_version: changes when the orders do (a digest, a date); "" leaves that to the settings.
            endpoint_url: other S3 endpoint than AWS's own.
            role_arn: role to take by OIDC federation; None in a rehearsal.
            resources: CPU, memory, disk.
            timeout_seconds: after which the job has failed.
            labels: of every object.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TransferJob", name, None, opts)
        labelled = labels_of(NAME, labels)
        inputs = inputs_digest(
            image,
            arrivals_bucket,
            private_bucket,
            orders_url,
            orders_endpoint_url,
            settings,
            orders_version,
            orders_settings,
        )
        account = service_account(NAME, name, namespace, labelled, self)
        pod = JobPod(
            name=NAME,
            module="training.jobs.transfer",
            image=image,
            region=region,
            env={
                "ARRIVALS_BUCKET": arrivals_bucket,
                "PRIVATE_BUCKET": private_bucket,
                "ORDERS_URL": orders_url,
                "ORDERS_ENDPOINT_URL": orders_endpoint_url,
                "TRAINING_SETTINGS": settings,
                "ORDERS_SETTINGS": orders_settings,
            },
            keys=KEYS,
            inputs=inputs,
            endpoint_url=endpoint_url,
            role_arn=role_arn,
            resources=resources or Resources(cpu="500m", memory="512Mi", memory_limit="2Gi"),
            labels=labelled,
        )
        job = job_object(
            name,
            pod=pod,
            namespace=namespace,
            inputs=inputs,
            spec=single_pod(pod, backoff_limit=6, timeout_seconds=timeout_seconds),
            parent=self,
            after=[account],
            timeout_seconds=timeout_seconds,
        )
        self.ready = pulumi.Output.all(inputs, job.metadata.uid).apply(lambda known: str(known[0]))
        self.register_outputs({"ready": self.ready})
