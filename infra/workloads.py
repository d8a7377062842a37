"""Every kind of pod that the estate runs, declared once: where, as whom, with which rights, and when.

Roles, service accounts, network policies and ``docs/workloads.md`` follow from this table. A new job is a row
here, a component in ``training/components`` or ``serving/components``, and the line that declares it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from operator import attrgetter
from typing import Literal

from infra.aws.access import Bucket, Grant
from infra.aws.identity import ServiceAccount
from infra.gpu_pool import Purpose
from infra.in_cluster.namespaces import SERVING, TRAINING
from infra.in_cluster.network_policies import LINK_LOCAL, AllowedTraffic, Destination
from infra.settings import Settings
from infra.settings.urls import DATABASE, port
from serving.components import front_pod as front
from serving.components import pod as triton
from training.components import (
    data_job,
    executors,
    ranking_job,
    retrain_job,
    training_job,
    transfer_job,
    tuning_job,
    validation_job,
)
from training.tables.kind import Kind

Site = Literal["aws", "openstack"]


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of pod. Settings are named by their keys in a stack file."""

    kind: str
    """Names its roles."""
    does: str
    """What it is for, as the docs say it."""
    sites: tuple[Site, ...]
    """Sites that it can run on."""
    sites_setting: str | None = None
    """Key of the setting that names those sites on which it does run; none where it runs on all of them."""
    account: ServiceAccount
    """Who its pods are, in every cluster that runs them."""
    grant: Grant
    """What it may do with the buckets in AWS."""
    enabled: tuple[str, ...]
    """Keys of the settings that must all be on."""
    database: str | None = None
    """Key of a setting whose URL may be one of a database, which the pods must then reach."""
    peers: bool = False
    """Whether its pods talk to each other."""
    engine: Kind | None = None
    """Value of ``training.engine`` that it is a part of; None for any."""

    def runs(self, site: Site, settings: Settings) -> bool:
        """Whether a site of this estate runs it."""
        chosen = attrgetter(self.sites_setting)(settings) if self.sites_setting else self.sites
        wanted = all(attrgetter(key)(settings) for key in self.enabled)
        of_engine = self.engine in (None, settings.training.engine)
        return wanted and of_engine and site in self.sites and site in chosen


VERDICTS: Sequence[tuple[Bucket, str]] = (
    ("releases", "releases/*/validation.json"),
    ("releases", "releases/*/signature.json"),
)
"""What only a validation may say about a release."""
BATCHES: Sequence[tuple[Bucket, str]] = (("arrivals", "orders/batches/*"),)
IN_SERVICE: Sequence[tuple[Bucket, str]] = (("releases", "releases/*"), ("releases", "latest.json"))
WAITING: Sequence[tuple[Bucket, str]] = (("releases", "candidates/*"), ("releases", "releases/*"))
"""Candidates, and the files of the releases that they name."""

FEEDBACK = "feedback/"
"""Prefix of the arrivals bucket under which fronts bring what they were told."""
DATA = ("checkpoints/shards/*", "checkpoints/spark/*")

WORKLOADS = (
    Workload(
        kind="transfer",
        does="brings pseudonymous orders to AWS",
        sites=("openstack",),
        account=ServiceAccount(TRAINING, transfer_job.NAME),
        grant=Grant(
            # A transfer that goes on after an interruption reads what is there already.
            reads=[("arrivals", "*")],
            writes=[("arrivals", "*")],
            # Days that are held back now and pseudonyms of a rotated key must go for good.
            erases=BATCHES,
        ),
        enabled=("training.enabled",),
        database="training.orders_url",
    ),
    Workload(
        kind="retrain",
        does="looks for drift of the release in service, and transfers where there is some",
        sites=("openstack",),
        account=ServiceAccount(TRAINING, retrain_job.NAME),
        grant=Grant(reads=[("arrivals", "*"), *IN_SERVICE], writes=[("arrivals", "*")], erases=BATCHES),
        enabled=("training.enabled", "training.retrain.enabled"),
        database="training.orders_url",
    ),
    Workload(
        kind="data",
        does="cuts what was transferred into the shards of a training",
        sites=("aws",),
        account=ServiceAccount(TRAINING, data_job.NAME),
        grant=Grant(
            reads=[("arrivals", "*"), *(("releases", path) for path in DATA)],
            writes=[("releases", path) for path in DATA],
            deletes=[("releases", path) for path in DATA],
        ),
        enabled=("training.enabled", "training.data.job"),
        peers=True,
    ),
    Workload(
        kind="data-executor",
        does="computes tables for the data stage, by Spark",
        sites=("aws",),
        account=ServiceAccount(TRAINING, executors.EXECUTOR),
        # What it reads the driver has checked and put there; the arrivals are not its own to read.
        grant=Grant(
            reads=[("releases", "checkpoints/spark/*")], writes=[("releases", "checkpoints/spark/*")]
        ),
        enabled=("training.enabled", "training.data.job"),
        engine="spark",
        peers=True,
    ),
    Workload(
        kind="training",
        does="trains on what was transferred, and offers a candidate",
        sites=("aws",),
        account=ServiceAccount(TRAINING, training_job.NAME),
        grant=Grant(
            reads=[("arrivals", "*"), ("releases", "*")],
            writes=[*WAITING, ("releases", "checkpoints/*")],
            deletes=[("releases", "checkpoints/*")],
            never_writes=[*VERDICTS, ("releases", "latest.json")],
        ),
        enabled=("training.enabled",),
        peers=True,
    ),
    Workload(
        kind="tuning",
        does="searches for better settings",
        sites=("aws",),
        account=ServiceAccount(TRAINING, tuning_job.NAME),
        grant=Grant(
            reads=[("arrivals", "*"), ("releases", "tuning/*")],
            writes=[("releases", "tuning/*")],
            deletes=[("releases", "tuning/*/checkpoints/*")],
        ),
        enabled=("training.enabled", "training.tuning.enabled"),
        database="training.tuning.storage_url",
    ),
    Workload(
        kind="ranking",
        does="adds the ranking stage to a candidate, from the raw orders of its own site",
        sites=("openstack",),
        account=ServiceAccount(TRAINING, ranking_job.NAME),
        grant=Grant(reads=WAITING, writes=WAITING, never_writes=[*VERDICTS, ("releases", "latest.json")]),
        enabled=("training.enabled",),
    ),
    Workload(
        kind="validation",
        does="judges a candidate on orders that never left its site, and signs what passes",
        sites=("openstack",),
        account=ServiceAccount(TRAINING, validation_job.NAME),
        grant=Grant(reads=[("releases", "*")], writes=[*VERDICTS, ("releases", "latest.json")]),
        enabled=("training.enabled",),
    ),
    Workload(
        kind="serving",
        does="pulls a signed release and answers from it",
        sites=("aws", "openstack"),
        sites_setting="serving.sites",
        account=ServiceAccount(SERVING, triton.NAME),
        grant=Grant(reads=IN_SERVICE),
        enabled=("serving.enabled",),
    ),
    Workload(
        kind="front",
        does="answers applications by HTTP, and brings their feedback",
        sites=("aws", "openstack"),
        sites_setting="serving.sites",
        account=ServiceAccount(SERVING, front.NAME),
        # What applications send it is kept; nothing of it, or of anything else, can be read back.
        grant=Grant(writes=[("arrivals", f"{FEEDBACK}*")]),
        enabled=("serving.enabled", "serving.front.enabled", "serving.front.feedback"),
    ),
)


def workloads(site: Site, settings: Settings) -> list[Workload]:
    """What a site of this estate runs."""
    return [workload for workload in WORKLOADS if workload.runs(site, settings)]


def data_through_link(settings: Settings) -> bool:
    """Whether private pods reach AWS at addresses of the VPC; a stand-in for AWS has one of its own."""
    link = settings.link
    return link.enabled and link.data == "link" and settings.aws.endpoint_url is None


def allowed_traffic(
    site: Site, settings: Settings, endpoints: Sequence[str] = ()
) -> dict[Purpose, AllowedTraffic]:
    """What the pods of each namespace of a site may reach, whether their workloads are on or off.

    Args:
        site: whose pods.
        settings: of the estate.
        endpoints: AWS's addresses in the VPC, where the private pods' data goes through the link.
    """
    stores = [settings.aws.endpoint_url]
    if site == "openstack":
        stores.append(settings.openstack.object_store_url)
    through_link = site == "openstack" and data_through_link(settings)

    def destinations(namespace: Purpose, urls: Sequence[str | None]) -> dict[str, Destination]:
        found = {"allow-aws-by-link": Destination([f"{address}/32" for address in endpoints], [443])}
        closed = (settings.aws.network.cidr, IPv4Network(LINK_LOCAL))
        own = [
            str(cidr)
            for cidr in settings.openstack.network.data_cidrs
            if not any(cidr.subnet_of(each) for each in closed)
        ]
        # Servers ask for a release and nothing else; a rule that names nobody would let everybody through.
        if namespace == TRAINING and own:
            found["allow-private-data"] = Destination(
                own, [port(url) for url in urls if url], beside=[str(each) for each in closed]
            )
        return found

    def traffic(namespace: Purpose) -> AllowedTraffic:
        here = [workload for workload in WORKLOADS if workload.account.namespace == namespace]
        databases = [
            attrgetter(workload.database)(settings)
            for workload in here
            if workload.database and site in workload.sites
        ]
        urls = [*stores, *(url for url in databases if url and url.startswith(DATABASE))]
        return AllowedTraffic(
            ports=sorted({443, *(port(url) for url in urls if url)}),
            destinations=destinations(namespace, urls) if through_link else None,
            # EKS hands out its roles through an agent; the OpenStack cluster signs tokens instead.
            pod_identity=site == "aws",
            # A namespace is the same on both sites.
            peers=any(workload.peers for workload in here),
        )

    return {TRAINING: traffic(TRAINING), SERVING: traffic(SERVING)}


__all__ = ["WORKLOADS", "Site", "Workload", "allowed_traffic", "data_through_link", "workloads"]
