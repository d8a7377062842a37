"""``ValidationJob``: judges a candidate in the private site, and signs what passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi
import pulumi_kubernetes as k8s

from training.components.job_object import job_object, single_pod
from training.components.pod import (
    JobPod,
    Resources,
    inputs_digest,
    labels_of,
    service_account,
)

NAME = "validate"
BACKOFF_LIMIT = 3
KEYS = ("ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY", "SIGNING_KEY")


class ValidationJob(pulumi.ComponentResource):
    """A job in the private cluster; a candidate that misses a gate fails it, and ``latest.json`` stays."""

    ready: pulumi.Output[str]
    """Digest of its inputs, known once the release is signed and in service."""
    again: k8s.batch.v1.JobSpecArgs
    """The same job for a schedule; it does nothing where its input is what it was."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        region: pulumi.Input[str],
        releases_bucket: pulumi.Input[str],
        private_bucket: pulumi.Input[str],
        orders_endpoint_url: pulumi.Input[str],
        settings: pulumi.Input[str],
        orders_settings: pulumi.Input[str] = "",
        candidate: pulumi.Input[str],
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
            region: AWS region of the releases bucket.
            releases_bucket: where the candidate is.
            private_bucket: container of the private store with the held-back orders.
            orders_endpoint_url: the private store's S3 API.
            settings: JSON of the section ``training``.
            orders_settings: JSON of the section ``orders``; "" means its defaults.
            candidate: ``TrainingJob.candidate``.
            endpoint_url: other S3 endpoint than AWS's own.
            role_arn: role to take by OIDC federation; None in a rehearsal.
            resources: CPU, memory, disk.
            timeout_seconds: after which the job has failed.
            labels: of every object.
            opts: with the private cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:ValidationJob", name, None, opts)
        labelled = labels_of(NAME, labels)
        inputs = inputs_digest(image, releases_bucket, private_bucket, settings, candidate, orders_settings)
        account = service_account(NAME, name, namespace, labelled, self)
        pod = JobPod(
            name=NAME,
            module="training.jobs.validate",
            image=image,
            region=region,
            env={
                "RELEASES_BUCKET": releases_bucket,
                "PRIVATE_BUCKET": private_bucket,
                "ORDERS_ENDPOINT_URL": orders_endpoint_url,
                "TRAINING_SETTINGS": settings,
                "ORDERS_SETTINGS": orders_settings,
                "CANDIDATE": candidate,
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
            spec=single_pod(pod, backoff_limit=BACKOFF_LIMIT, timeout_seconds=timeout_seconds),
            parent=self,
            after=[account],
            timeout_seconds=timeout_seconds,
        )
        self.again = single_pod(
            replace(pod, module="training.jobs.validate_new"),
            backoff_limit=BACKOFF_LIMIT,
            timeout_seconds=timeout_seconds,
        )
        self.ready = pulumi.Output.all(inputs, job.metadata.uid).apply(lambda known: str(known[0]))
        self.register_outputs({"ready": self.ready})
