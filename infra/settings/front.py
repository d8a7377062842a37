"""The fronts of the recommendation service, and who may ask them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.addresses import Cidr
from infra.settings.urls import HttpUrl
from isthmus.settings.annotations import Allowed, Unit
from isthmus.settings.section import Section
from serving.front.keys import ApiKey
from serving.front.rules import Rule
from serving.front.settings import RequestLimits, Seconds, Tokens

CertificateArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws:acm:[a-z]{2,4}(-[a-z]+)+-[0-9]:[0-9]{12}:certificate/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
    ),
    Allowed("the ARN of a certificate of ACM in this region"),
]


class FrontReplicas(Section):
    """How many fronts each site runs."""

    min: Annotated[int, Unit("replicas"), Field(ge=1, le=20)] = 2
    """Fewest fronts on each site."""
    max: Annotated[int, Unit("replicas"), Field(ge=1, le=20)] = 4
    """Most fronts on each site."""


class Certificates(Section):
    """By which the load balancers answer https."""

    aws: CertificateArn | None = None
    """ACM's."""
    openstack: HttpUrl | None = None
    """The container of Barbican's that holds it, by its address: https://HOST/v1/containers/ID."""


class ServingFrontSettings(Section):
    """Fronts that applications ask by HTTP, behind a load balancer of each serving site's network."""

    enabled: bool = False
    """Whether they run where serving is on; else only pods of marked namespaces reach Triton."""
    replicas: FrontReplicas = FrontReplicas()
    """Fronts on each site."""
    callers: tuple[ApiKey, ...] = ()
    """Callers, each by name and the hash of its key: what `isthmus front key` writes into its file."""
    tokens: Tokens | None = None
    """Whose JSON Web Tokens are taken beside keys."""
    guard: tuple[Rule, ...] = ()
    """Rules on answers: products that are never recommended, or alone are."""
    from_cidrs: tuple[Cidr, ...] = ()
    """Networks that may ask, beside the site's own."""
    certificates: Certificates = Certificates()
    """By which the load balancers answer https."""
    feedback: bool = True
    """Take feedback: pseudonymous events go to the arrivals bucket, under ``feedback/``."""
    plain_http: bool = False
    """Answer http where there is no certificate: keys are then read by whoever sees the traffic."""
    limits: RequestLimits = RequestLimits()
    """How much a caller may ask for."""
    answer_s: Seconds = 1.0
    """Until a model has answered; then popular products do."""
    drain_s: Annotated[float, Field(ge=0, le=600), Unit("seconds")] = 30.0
    """How long a front answers on after it was told to end; a load balancer needs some of it to look away."""
