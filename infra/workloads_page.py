"""The page docs/workloads.md, made from the table of workloads."""

from __future__ import annotations

from pathlib import Path

from infra.aws.access import Bucket, Grant
from infra.workloads import WORKLOADS, Workload

FILE = Path(__file__).parents[1] / "docs" / "workloads.md"
HEAD = """\
# What runs in the clusters

Made from the table in `infra/workloads.py` by `isthmus settings schema`: do not edit it by hand.

Each kind of pod has a service account and a role of its own. In AWS EKS Pod Identity hands the role out; in
OpenStack a pod takes it for the token of its account, where `openstack.cluster.oidc_issuer` names who signs
tokens there. The last two columns are all that a role may do with the buckets; *erases* deletes every
version.

| kind | what it does | runs in | service account | runs where these are on | arrivals | releases |
|---|---|---|---|---|---|---|
"""


def text() -> str:
    """The page as it stands in ``docs/workloads.md``."""
    return HEAD + "".join(f"| {' | '.join(_cells(workload))} |\n" for workload in WORKLOADS)


def _cells(workload: Workload) -> list[str]:
    sites = " and ".join(workload.sites)
    return [
        workload.kind,
        workload.does,
        f"{sites}, as `{workload.sites_setting}` says" if workload.sites_setting else sites,
        f"`{workload.account.namespace}/{workload.account.name}`",
        ", ".join(
            [
                *(f"`{key}`" for key in workload.enabled),
                *([f"`training.engine: {workload.engine}`"] if workload.engine else []),
            ]
        ),
        _rights(workload.grant, "arrivals"),
        _rights(workload.grant, "releases"),
    ]


def _rights(grant: Grant, bucket: Bucket) -> str:
    """What a grant says of one bucket: ``reads `*`; writes `candidates/*` ``."""
    rights = {
        "reads": grant.reads,
        "writes": grant.writes,
        "deletes": grant.deletes,
        "erases": grant.erases,
        "never writes": grant.never_writes,
    }
    patterns = {
        verb: [f"`{path}`" for name, path in paths if name == bucket] for verb, paths in rights.items()
    }
    return "; ".join(f"{verb} {', '.join(paths)}" for verb, paths in patterns.items() if paths)


__all__ = ["FILE", "text"]
