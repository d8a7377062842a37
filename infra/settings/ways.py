"""By which way an up reaches the API of each cluster."""

from __future__ import annotations

from typing import Literal

from infra.settings.model import Settings

Site = Literal["aws", "openstack"]
Way = Literal["inside", "link", "public"]
LOCAL = "local"


def way(settings: Settings, site: Site) -> Way | None:
    """The way to a site's API from where the up runs; None: there is none.

    An EKS API that has a public address too is reached by it from everywhere but the VPC: elsewhere its name
    becomes that address. One that has none has a name which every resolver makes the private address
    (https://www.repost.aws/knowledge-center/eks-private-cluster-endpoint-vpc, 2026-11-28), so that the link
    carries to it without a resolver of ours.
    """
    from_where = settings.deploy.runs_from
    if settings.stack == LOCAL or from_where == {"aws": "aws", "openstack": "private_site"}[site]:
        return "inside"  # of a rehearsal, every API is on this machine
    aws, openstack = settings.aws.cluster, settings.openstack.cluster
    if bool(aws.api_allowed_cidrs) if site == "aws" else openstack.floating_api:
        return "public"
    return "link" if settings.link.enabled and from_where != "public" else None


__all__ = ["Site", "Way", "way"]
