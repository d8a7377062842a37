"""From raw orders to a signed release: four jobs, each on the site of its data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import pulumi

from infra.aws.site import Buckets
from infra.cluster_context import ClusterContext
from infra.naming import Naming
from infra.retraining import retraining
from infra.settings import Settings
from infra.workloads import Site
from training.components.context import JobContext
from training.components.ranking_job import RankingJob
from training.components.training_job import TrainingJob
from training.components.transfer_job import TransferJob
from training.components.tuning_job import TuningJob
from training.components.validation_job import ValidationJob


def training_pipeline(
    clusters: Mapping[Site, ClusterContext],
    *,
    settings: Settings,
    naming: Naming,
    buckets: Buckets,
    private_container: pulumi.Input[str],
    image: Callable[[int], pulumi.Input[str]],
    made_again: Collection[str] = (),
) -> pulumi.Output[str]:
    """Declare the four jobs; returns what is known once a release is signed and named in ``latest.json``.

    Where a schedule starts them, the four are CronJobs alone and nothing is waited for.

    Args:
        clusters: of both sites.
        settings: of the estate.
        naming: of the stack.
        buckets: of the estate.
        private_container: container of held-back orders and reports.
        image: of the package ``training``, for pods with so many GPUs.
        made_again: jobs that failed, by the names of their components.
    """
    training = settings.training
    aws, openstack = clusters["aws"], clusters["openstack"]
    in_openstack = JobContext(
        namespace=openstack.namespaces.training,
        image=image(0),
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        arrivals_bucket=buckets.arrivals.bucket,
        releases_bucket=buckets.releases.bucket,
        private_bucket=private_container,
        orders_url=training.orders_url,
        orders_endpoint_url=settings.openstack.object_store_url,
        orders_region=settings.openstack.object_store_region,
        settings=training.model_dump_json(
            exclude={"enabled", "started_by", "orders_version", "tuning", "retrain"}
        ),
        orders_settings=_variable(settings.orders.variable()),
        roles=openstack.roles,
        endpoints=openstack.endpoints,
        labels=naming.labels,
        scheduled=training.started_by == "schedule",
        made_again=made_again,
    )
    # Who only reads the orders is not run again when fewer of them are accepted, or no longer.
    read_only = replace(in_openstack, orders_settings=_variable(settings.orders.variable("accept_fewer")))
    gpus = aws.gpus(training.pool)
    in_aws = replace(
        in_openstack,
        namespace=aws.namespaces.training,
        roles=aws.roles,
        endpoints=aws.endpoints,
        image=image(gpus),
    )

    transfer = TransferJob(
        "transfer", in_openstack, orders_version=training.orders_version, opts=openstack.options
    )
    train = TrainingJob(
        "train",
        in_aws,
        workers=training.workers,
        elastic_min_workers=training.elastic_min_workers,
        base_port=training.base_port,
        arrivals=transfer.ready,
        gpus=gpus,
        pool=training.pool,
        opts=aws.options,
    )
    if training.tuning.enabled:
        TuningJob(
            "tune",
            in_aws,
            tuning=training.tuning.model_dump_json(exclude={"enabled", "parallel"}),
            parallel=training.tuning.parallel,
            arrivals=transfer.ready,
            gpus=gpus,
            pool=training.pool,
            opts=aws.options,
        )
    rank = RankingJob("rank", read_only, candidate=train.candidate, opts=openstack.options)
    validate = ValidationJob("validate", read_only, candidate=rank.candidate, opts=openstack.options)
    if training.retrain.enabled:
        retraining(
            training.retrain,
            clusters,
            {"aws": in_aws, "openstack": in_openstack},
            train=train.again,
            rank=rank.again,
            validate=validate.again,
        )
    return validate.ready


def _variable(text: str) -> str:
    """JSON for a variable of a pod: Kubernetes reads $(NAME) and $$, and a pattern may hold a dollar."""
    return text.replace("$", r"\u0024")


__all__ = ["training_pipeline"]
