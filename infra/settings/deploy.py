"""Where an up runs, and so by which way it reaches the clusters' APIs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.addresses import Cidr
from isthmus.settings.section import Section

RunsFrom = Literal["private_site", "aws", "public"]


class DeploySettings(Section):
    """Where ``pulumi up`` runs. What is in a cluster is made by its API, which must be reached from there."""

    runs_from: RunsFrom = "private_site"
    """On a machine in the private network, in the VPC, or ``public``: outside both, by the APIs' public
    addresses."""
    from_cidrs: Annotated[tuple[Cidr, ...], Field(max_length=40)] = ()
    """Networks that the machine's requests come from where they go by an API's public address; each must be
    among that API's ``api_allowed_cidrs``."""
    in_clusters: bool = True
    """Make what is in the clusters, too. False for a first up from elsewhere, which makes the networks that
    the machine of ``runs_from`` is then put into."""


__all__ = ["DeploySettings", "RunsFrom"]
