"""From raw orders to a signed release: four jobs, each on the shore of its data."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.aws.identity import ServiceAccount
from infra.cluster_context import ClusterContext
from infra.in_cluster.namespaces import TRAINING
from infra.naming import Naming
from infra.retraining import retraining
from infra.settings import Settings
from training.components import ranking_job, training_job, transfer_job, tuning_job, validation_job

IN_AWS: Mapping[str, ServiceAccount] = {"training": ServiceAccount(TRAINING, training_job.NAME)}
IN_OPENSTACK: Mapping[str, ServiceAccount] = {
    "transfer": ServiceAccount(TRAINING, transfer_job.NAME),
    "ranking": ServiceAccount(TRAINING, ranking_job.NAME),
    "validation": ServiceAccount(TRAINING, validation_job.NAME),
}
"""Service accounts by kind of pod."""
TUNING: Mapping[str, ServiceAccount] = {"tuning": ServiceAccount(TRAINING, tuning_job.NAME)}
"""The same in AWS, where the estate tunes."""


def learning(
    *,
    settings: Settings,
    naming: Naming,
    public: ClusterContext,
    private: ClusterContext,
    arrivals: pulumi.Input[str],
    releases: pulumi.Input[str],
    private_container: pulumi.Input[str],
    image: pulumi.Input[str],
) -> pulumi.Output[str]:
    """Declare the four jobs; returns what is known once a release is signed and named in ``latest.json``.

    Args:
        settings: of the estate.
        naming: of the stack.
        public: the shore of the training.
        private: the shore of transfer, ranking and validation.
        arrivals: bucket of the pseudonymous orders.
        releases: bucket of candidates and releases.
        private_container: container of held-back orders and reports.
        image: of the package ``training``.
    """
    training = settings.training
    told = training.model_dump_json(exclude={"enabled", "orders_version", "tuning", "retrain"})
    orders = _variable(settings.orders.model_dump_json())
    # Who only reads the orders is not run again when fewer of them are accepted, or no longer.
    read_only = _variable(settings.orders.model_dump_json(exclude={"accept_fewer"}))
    orders_endpoint = settings.openstack.object_store_url
    transfer = transfer_job.TransferJob(
        "transfer",
        namespace=private.namespaces.training,
        image=image,
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        role_arn=private.roles.get("transfer"),
        arrivals_bucket=arrivals,
        private_bucket=private_container,
        orders_url=training.orders_url,
        orders_endpoint_url=orders_endpoint,
        orders_version=training.orders_version,
        settings=told,
        orders_settings=orders,
        labels=naming.labels,
        opts=private.options,
    )
    trained = training_job.TrainingJob(
        "train",
        namespace=public.namespaces.training,
        image=image,
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        arrivals_bucket=arrivals,
        releases_bucket=releases,
        arrivals=transfer.ready,
        settings=told,
        workers=training.workers,
        elastic_min_workers=training.elastic_min_workers,
        base_port=training.base_port,
        pool=training.pool,
        gpus=public.gpus(training.pool),
        labels=naming.labels,
        opts=public.options,
    )
    if training.tuning.enabled:
        tuning_job.TuningJob(
            "tune",
            namespace=public.namespaces.training,
            image=image,
            region=settings.aws.region,
            endpoint_url=settings.aws.endpoint_url,
            arrivals_bucket=arrivals,
            releases_bucket=releases,
            arrivals=transfer.ready,
            settings=told,
            tuning=training.tuning.model_dump_json(exclude={"enabled", "parallel"}),
            parallel=training.tuning.parallel,
            pool=training.pool,
            gpus=public.gpus(training.pool),
            labels=naming.labels,
            opts=public.options,
        )
    ranked = ranking_job.RankingJob(
        "rank",
        namespace=private.namespaces.training,
        image=image,
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        role_arn=private.roles.get("ranking"),
        releases_bucket=releases,
        orders_endpoint_url=orders_endpoint,
        settings=told,
        orders_settings=read_only,
        candidate=trained.candidate,
        labels=naming.labels,
        opts=private.options,
    )
    validation = validation_job.ValidationJob(
        "validate",
        namespace=private.namespaces.training,
        image=image,
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        role_arn=private.roles.get("validation"),
        releases_bucket=releases,
        private_bucket=private_container,
        orders_endpoint_url=orders_endpoint,
        settings=told,
        orders_settings=read_only,
        candidate=ranked.candidate,
        labels=naming.labels,
        opts=private.options,
    )
    if training.retrain.enabled:
        retraining(
            settings=settings,
            naming=naming,
            public=public,
            private=private,
            arrivals=arrivals,
            releases=releases,
            private_container=private_container,
            image=image,
            told=told,
            orders=orders,
            jobs=(trained, ranked, validation),
        )
    return validation.ready


def _variable(told: str) -> str:
    """JSON for a variable of a pod: Kubernetes reads $(NAME) and $$, and a pattern may hold a dollar."""
    return told.replace("$", r"\u0024")


__all__ = ["IN_AWS", "IN_OPENSTACK", "TUNING", "learning"]
