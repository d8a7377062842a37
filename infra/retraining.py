"""Training again on a schedule: a CronJob for each job, in the cluster where the job belongs.

No pod may start another, least of all in the other cluster: that would take a key of its API. So each job
comes by its own schedule and does nothing where its input is what it was: the decision is made in the private
site, and to train is to transfer; what was transferred has a digest, and so has a candidate.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.aws.identity import ServiceAccount
from infra.cluster_context import ClusterContext
from infra.in_cluster.namespaces import TRAINING
from infra.naming import Naming
from infra.settings import Settings
from training.components import retrain_job
from training.components.ranking_job import RankingJob
from training.components.scheduled_job import ScheduledJob
from training.components.training_job import TrainingJob
from training.components.validation_job import ValidationJob

IN_OPENSTACK: Mapping[str, ServiceAccount] = {"retrain": ServiceAccount(TRAINING, retrain_job.NAME)}
"""Service accounts by kind of pod; the other jobs run as those that ``infra.training_pipeline`` declares."""


def retraining(
    *,
    settings: Settings,
    naming: Naming,
    public: ClusterContext,
    private: ClusterContext,
    arrivals: pulumi.Input[str],
    releases: pulumi.Input[str],
    private_container: pulumi.Input[str],
    image: pulumi.Input[str],
    told: str,
    orders: str,
    jobs: tuple[TrainingJob, RankingJob, ValidationJob],
) -> None:
    """Declare the four CronJobs.

    Args:
        settings: of the estate.
        naming: of the stack.
        public: the shore of the training.
        private: the shore of the others.
        arrivals: bucket of the pseudonymous orders.
        releases: bucket of candidates and releases.
        private_container: container of held-back orders and decisions.
        image: of the package ``training``.
        told: JSON of the section ``training``, as the jobs get it.
        orders: JSON of the section ``orders``.
        jobs: what is made again.
    """
    training, retrain = settings.training, settings.training.retrain
    trained, ranked, validated = jobs
    retrain_job.RetrainJob(
        retrain_job.NAME,
        namespace=private.namespaces.training,
        image=image,
        region=settings.aws.region,
        endpoint_url=settings.aws.endpoint_url,
        role_arn=private.roles.get("retrain"),
        arrivals_bucket=arrivals,
        releases_bucket=releases,
        private_bucket=private_container,
        orders_url=training.orders_url,
        orders_endpoint_url=settings.openstack.object_store_url,
        settings=told,
        orders_settings=orders,
        retrain=retrain.model_dump_json(exclude={"enabled", "schedule", "train_schedule", "follow_schedule"}),
        schedule=retrain.schedule,
        labels=naming.labels,
        opts=private.options,
    )
    for what, spec, shore, schedule in (
        ("train", trained.again, public, retrain.train_schedule),
        ("rank", ranked.again, private, retrain.follow_schedule),
        ("validate", validated.again, private, retrain.follow_schedule),
    ):
        ScheduledJob(
            f"{retrain_job.NAME}-{what}",
            namespace=shore.namespaces.training,
            schedule=schedule,
            spec=spec,
            labels=naming.labels,
            opts=shore.options,
        )


__all__ = ["IN_OPENSTACK", "retraining"]
