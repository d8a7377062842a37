"""What fronts need that other settings give, and what would leave them open or unheard."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.checks.autoscaling import unmeasured
from infra.settings.model import Settings
from isthmus.settings.errors import Problem


def fronts(settings: Settings) -> Iterator[Problem]:
    """Problems of ``serving.front``; none where it is off."""
    serving, front = settings.serving, settings.serving.front
    # Where nothing serves there are no fronts either, whatever stands here.
    if not (front.enabled and serving.enabled):
        return
    if not front.callers and front.tokens is None:
        yield Problem(
            "serving.front.callers",
            "is empty, and serving.front.tokens is absent, so nobody may ask; add a caller with the hash "
            "that `isthmus front key NAME` writes, or an issuer of tokens",
        )
    if front.tokens is not None and not front.tokens.jwks.startswith("https://"):
        yield Problem(
            "serving.front.tokens.jwks",
            f"is {front.tokens.jwks}, which no pod has; allowed is an https URL of the issuer's keys",
        )
    if "aws" in serving.sites and "load_balancers" not in settings.platform.runs:
        yield Problem(
            "platform.runs",
            "has no load_balancers, which makes the load balancer before the fronts of site aws; add it",
        )
    for site in serving.sites:
        certificate = getattr(front.certificates, site)
        if certificate is None and not front.plain_http:
            yield Problem(
                f"serving.front.certificates.{site}",
                "is absent, so keys and customers would be sent for all to read; name a certificate, or set "
                "serving.front.plain_http to true",
            )
        least, most = front.replicas.min, front.replicas.max
        whose = f"fronts on site {site}"
        yield from unmeasured(settings, site, whose, "serving.front.replicas", least, most)
    yield from _of_this_estate(settings)
    for key, named in (("callers", front.callers), ("guard", front.guard)):
        names = [each.name for each in named]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(f"serving.front.{key}", f"has two named {name}; give each a name of its own")


def _of_this_estate(settings: Settings) -> Iterator[Problem]:
    """A load balancer takes a certificate of its own region and account alone."""
    arn = settings.serving.front.certificates.aws
    if arn is not None:
        region, account = arn.split(":")[3:5]
        if (region, account) != (settings.aws.region, settings.aws.account_id):
            yield Problem(
                "serving.front.certificates.aws",
                f"is of region {region} and account {account}; allowed is one of {settings.aws.region} and "
                f"{settings.aws.account_id}, those of this stack",
            )
