"""``RankingJob``: adds the ranking stage to a candidate, in the private site where the raw orders are."""

from __future__ import annotations

from collections.abc import Mapping

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

NAME = "rank"
BACKOFF_LIMIT = 3
KEYS = ("ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY")
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
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        region: pulumi.Input[str],
        releases_bucket: pulumi.Input[str],
        orders_endpoint_url: pulumi.Input[str],
        settings: pulumi.Input[str],
        orders_settings: pulumi.Input[str] = "",
        candidate: pulumi.Input[str],
        endpoint_url: pulumi.Input[str] | None = None,
        role_arn: pulumi.Input[str] | None = None,
        resources: Resources | None = None,
        timeout_seconds: int = 6 * 3600,
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
        super().__init__("isthmus:training:RankingJob", name, None, opts)
        labelled = labels_of(NAME, labels)
        inputs = inputs_digest(
            image, releases_bucket, orders_endpoint_url, settings, candidate, orders_settings
        )
        ranked = inputs.apply(lambda digest: f"{NAME}-{digest.removeprefix('sha256:')[:12]}")
        account = service_account(NAME, name, namespace, labelled, self)
        pod = JobPod(
            name=NAME,
            module="training.jobs.rank",
            image=image,
            region=region,
            env={
                "RELEASES_BUCKET": releases_bucket,
                "ORDERS_ENDPOINT_URL": orders_endpoint_url,
                "TRAINING_SETTINGS": settings,
                "ORDERS_SETTINGS": orders_settings,
                "CANDIDATE": candidate,
                "RANKED_CANDIDATE": ranked,
            },
            keys=KEYS,
            inputs=inputs,
            endpoint_url=endpoint_url,
            role_arn=role_arn,
            resources=resources or RESOURCES,
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
        self.again = single_pod(pod, backoff_limit=BACKOFF_LIMIT, timeout_seconds=timeout_seconds)
        self.candidate = pulumi.Output.all(ranked, job.metadata.uid).apply(lambda known: str(known[0]))
        self.register_outputs({"candidate": self.candidate})
