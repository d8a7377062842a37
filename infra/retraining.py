"""Training again on a schedule: a CronJob for each job, in the cluster where the job belongs.

No pod may start another, least of all in the other cluster: that would take a key of its API. So each job
comes by its own schedule and does nothing where its input is what it was: the decision is made in the
OpenStack site, and to train is to transfer; what was transferred has a digest, and so has a candidate.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from infra.cluster_context import ClusterContext
from infra.settings.training import StackRetraining
from infra.workloads import Site
from training.components.context import JobContext
from training.components.retrain_job import NAME, RetrainJob
from training.components.scheduled_job import ScheduledJob


def retraining(
    settings: StackRetraining,
    clusters: Mapping[Site, ClusterContext],
    contexts: Mapping[Site, JobContext],
    *,
    data: k8s.batch.v1.JobSpecArgs | None,
    data_schedule: str,
    train: k8s.batch.v1.JobSpecArgs,
    rank: k8s.batch.v1.JobSpecArgs,
    validate: k8s.batch.v1.JobSpecArgs,
) -> None:
    """Declare the CronJobs: the decision, and the jobs that are made again.

    Args:
        settings: of the section ``training.retrain``.
        clusters: of both sites.
        contexts: of the pipeline on both sites.
        data: the data stage, made again in AWS; None where it is no job of its own.
        data_schedule: of it, five fields, in UTC.
        train: the training job, made again in AWS.
        rank: the ranking job, made again in OpenStack.
        validate: the validation job, made again in OpenStack.
    """
    RetrainJob(
        NAME,
        contexts["openstack"],
        retrain=settings.model_dump_json(
            exclude={"enabled", "schedule", "train_schedule", "follow_schedule"}
        ),
        schedule=settings.schedule,
        opts=clusters["openstack"].options,
    )
    again: tuple[tuple[str, Site, k8s.batch.v1.JobSpecArgs, str], ...] = (
        ("train", "aws", train, settings.train_schedule),
        ("rank", "openstack", rank, settings.follow_schedule),
        ("validate", "openstack", validate, settings.follow_schedule),
    )
    if data is not None:
        again = (("data", "aws", data, data_schedule), *again)
    for job, site, spec, schedule in again:
        ScheduledJob(
            f"{NAME}-{job}", contexts[site], schedule=schedule, spec=spec, opts=clusters[site].options
        )


__all__ = ["retraining"]
