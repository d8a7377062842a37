"""Where an up runs, who starts it, and so by which way it reaches the clusters' APIs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.addresses import Cidr
from infra.settings.urls import IssuerUrl
from isthmus.settings.annotations import Allowed
from isthmus.settings.section import Section

RunsFrom = Literal["private_site", "aws", "public"]


class CiSettings(Section):
    """The repository whose CI previews the stack and brings it up, by tokens of its own (OIDC)."""

    kind: Literal["github", "gitlab"] = "github"
    """Whose tokens: how a token names a repository is the issuer's own way."""
    issuer: IssuerUrl = "https://token.actions.githubusercontent.com"
    """Who signs them: GitHub's address, ``https://gitlab.com``, or that of your own GitLab."""
    repository: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$", max_length=255),
        Allowed("OWNER/NAME, such as shop/isthmus"),
    ]
    """The repository."""
    branch: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._/-]+$", max_length=255), Allowed("a branch such as main")
    ] = "main"
    """Of GitLab, the protected branch whose jobs bring the stack up; on GitHub they run in the environment
    of the stack's name."""


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
    trail: bool = True
    """Have `isthmus bootstrap` make a CloudTrail of all regions; false where your organisation's covers the
    account, since a second one costs."""
    cost_tags: bool = False
    """Have `isthmus bootstrap` activate the tags by which the bill is read. True in the payer's account, or
    one of no organisation, from a day after the first up on: AWS does not know a tag before."""
    ci: CiSettings | None = None
    """CI's repository; absent: `isthmus bootstrap` makes no roles for it."""


__all__ = ["CiSettings", "DeploySettings", "RunsFrom"]
