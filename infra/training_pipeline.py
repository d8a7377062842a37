"""From raw orders to a signed release: four jobs, or five, each on the site of its data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import pulumi

from infra.aws.site import Buckets
from infra.cluster_context import ClusterContext
from infra.naming import Naming
from infra.retraining import retraining
from infra.settings import Settings
from infra.settings.training import Executors, StackTraining
from infra.workloads import Site
from training.components.context import JobContext
from training.components.data_job import DataJob
from training.components.executors import ExecutorSpec
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
    image: Callable[[str], pulumi.Input[str]],
    made_again: Collection[str] = (),
) -> pulumi.Output[str]:
    """Declare the jobs; returns what is known once a release is signed and named in ``latest.json``.

    Where a schedule starts them, they are CronJobs alone and nothing is waited for.

    Args:
        clusters: of both sites.
        settings: of the estate.
        naming: of the stack.
        buckets: of the estate.
        private_container: container of held-back orders and reports.
        image: of the project, by its name in the settings.
        made_again: jobs that failed, by the names of their components.
    """
    training = settings.training
    aws, openstack = clusters["aws"], clusters["openstack"]
    in_openstack = JobContext(
        namespace=openstack.namespaces.training,
        image=image("training"),
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        arrivals_bucket=buckets.arrivals.bucket,
        releases_bucket=buckets.releases.bucket,
        private_bucket=private_container,
        orders_url=training.orders_url,
        orders_endpoint_url=settings.openstack.object_store_url,
        orders_region=settings.openstack.object_store_region,
        # Spark is the data stage's alone: what other jobs compute in tables, they compute embedded.
        settings=_for_jobs(training.model_copy(update={"engine": "embedded"})),
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
        image=image("training_gpu" if gpus else "training"),
    )

    transfer = TransferJob(
        "transfer", in_openstack, orders_version=training.orders_version, opts=openstack.options
    )
    data: DataJob | None = None
    if training.data.job:
        by_spark = training.engine == "spark"
        own = replace(in_aws, image=image("training_spark" if by_spark else "training"))
        data = DataJob(
            "data",
            replace(own, settings=_for_jobs(training)),
            engine_memory=training.engine_memory,
            executors=_executors(training.data.executors) if by_spark else None,
            arrivals=transfer.ready,
            opts=aws.options,
        )
    train = TrainingJob(
        "train",
        in_aws,
        workers=training.workers,
        elastic_min_workers=training.elastic_min_workers,
        base_port=training.base_port,
        arrivals=data.ready if data else transfer.ready,
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
            data=data.again if data else None,
            data_schedule=training.data.schedule,
            train=train.again,
            rank=rank.again,
            validate=validate.again,
        )
    return validate.ready


def _for_jobs(training: StackTraining) -> str:
    return training.model_dump_json(
        exclude={"enabled", "started_by", "orders_version", "data", "tuning", "retrain"}
    )


def _executors(settings: Executors) -> ExecutorSpec:
    return ExecutorSpec(
        count=settings.count,
        cpus=settings.cpus,
        memory_mib=settings.memory,
        scratch_gib=settings.scratch_gib,
        pool=settings.pool,
    )


def _variable(text: str) -> str:
    """JSON for a variable of a pod: Kubernetes reads $(NAME) and $$, and a pattern may hold a dollar."""
    return text.replace("$", r"\u0024")


__all__ = ["training_pipeline"]
