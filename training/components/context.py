"""What the jobs of one pipeline share, so that each of them says only what is its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pulumi

ORDERS_KEYS = ("ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY")
"""Keys of the Secret ``isthmus-keys`` by which a job reads raw orders and makes pseudonyms."""


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """One pipeline as its jobs on one site see it; a job takes from it what it needs."""

    namespace: pulumi.Input[str]
    """Where the jobs run; in the private cluster it holds the Secret ``isthmus-keys``."""
    image: pulumi.Input[str]
    """This project's training, pinned."""
    region: pulumi.Input[str]
    """AWS region of the buckets."""
    endpoint_url: pulumi.Input[str] | None = None
    """Another S3 (and STS) endpoint than AWS's own."""
    arrivals_bucket: pulumi.Input[str]
    """Bucket of the pseudonymous orders."""
    releases_bucket: pulumi.Input[str]
    """Bucket of candidates, releases, checkpoints and studies."""
    private_bucket: pulumi.Input[str]
    """Container of the private store for held-back orders, reports and decisions."""
    orders_url: pulumi.Input[str]
    """Where the raw orders are: ``s3://BUCKET/PREFIX/``, a database, or ``file:///FOLDER/``."""
    orders_endpoint_url: pulumi.Input[str]
    """The private store's S3 API."""
    orders_region: pulumi.Input[str]
    """Region that requests to the private store are signed for."""
    settings: pulumi.Input[str]
    """JSON of the section ``training``."""
    orders_settings: pulumi.Input[str] = ""
    """JSON of the section ``orders``; "" means its defaults."""
    roles: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """IAM roles that pods take by their OIDC token, by job; none where the cluster gives them (EKS)."""
    endpoints: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Other addresses of AWS's services for this site, by the variable that its libraries read."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of every object."""
    scheduled: bool = False
    """Whether the jobs come by their schedules alone: no Job is declared, only whom its pods are."""
    made_again: Collection[str] = ()
    """Jobs that are replaced unless they have completed, by the names of their components."""
