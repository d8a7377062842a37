"""What must answer over HTTP: the private store's S3 door, and the issuer of the cluster's tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from infra.doctor.clouds import SECONDS, Clouds
from infra.doctor.openstack.services import LOCAL
from infra.settings import Settings
from isthmus.settings.errors import Problem

DISCOVERY = "/.well-known/openid-configuration"
"""OpenID Connect Discovery 1.0, section 4."""
REFUSALS = ("InvalidAccessKeyId", "AccessDenied", "SignatureDoesNotMatch")
OTHER_REGION = ("AuthorizationHeaderMalformed",)
"""Swift's s3api and Ceph's gateway answer in S3's words (S3 API reference, error responses: from memory)."""


def store(settings: Settings, _: Clouds) -> Iterator[Problem]:
    """S3 is spoken there, for the region of the settings: it refuses a key that nobody has in S3's words."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    site = settings.openstack
    client = boto3.Session("isthmus-doctor", "no-secret").client(
        "s3",
        endpoint_url=site.object_store_url,
        region_name=site.object_store_region,
        config=Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1}),
    )
    try:
        client.list_buckets()
    except ClientError as error:
        code, said = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        if code in REFUSALS:
            return
        if code in OTHER_REGION:
            yield Problem(
                "openstack.object_store_region",
                f"is {site.object_store_region}, and the store signs for another ({said}): write that",
            )
            return
        yield Problem(
            "openstack.object_store_url",
            f"is {site.object_store_url}, which answers {code} and nothing of S3: write the URL of the "
            "store's S3 API (Swift's s3api, or Ceph's gateway)",
        )


def issuer(settings: Settings, _: Clouds) -> Iterator[Problem]:
    """AWS can read what the issuer publishes, by anybody's network."""
    url = str(settings.openstack.cluster.oidc_issuer)
    status, body = _got(url.rstrip("/") + DISCOVERY)
    try:
        said = json.loads(body) if status == 200 else {}
    except ValueError:
        said = {}
    if said.get("issuer") != url or not said.get("jwks_uri"):
        yield Problem(
            "openstack.cluster.oidc_issuer",
            f"is {url}, and {DISCOVERY} there answers {status} and names issuer {said.get('issuer', 'none')}"
            ": have the API server's issuer published there, or remove the key",
        )


def has_issuer(settings: Settings) -> bool:
    """A cloud's: that of a rehearsal is published nowhere."""
    return settings.stack != LOCAL and settings.openstack.cluster.oidc_issuer is not None


def _got(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url), timeout=SECONDS) as answer:  # noqa: S310 - http or https by the settings
            return answer.status, answer.read(100_000)
    except HTTPError as refused:
        return refused.code, refused.read(100_000)


__all__ = ["has_issuer", "issuer", "store"]
