"""The KMS key that the stack's secrets are encrypted with."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem

KEY = "secretsprovider"


def secrets_key(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """It must be there before the engine reads the stack for the first time."""
    from botocore.exceptions import ClientError

    provider = clouds.secrets_provider or ""
    if not provider.startswith("awskms:"):
        if settings.aws.endpoint_url is None:
            yield Problem(
                KEY,
                f"is {provider or 'absent'}, so that a passphrase opens the stack's secrets: write a KMS key "
                f"such as awskms://alias/isthmus-{settings.stack}?region={settings.aws.region}",
            )
        return
    parts = urlsplit(provider)
    # gocloud takes awskms://ID, awskms://alias/NAME and awskms:///ARN
    # (https://gocloud.dev/howto/secrets/#aws: from memory).
    name = f"{parts.netloc}{parts.path}".removeprefix("/")
    region = parse_qs(parts.query).get("region", [settings.aws.region])[0]
    try:
        found = clouds.aws("kms", region).describe_key(KeyId=name)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield Problem(
            KEY,
            f"names {name}, and {region} has no such key: make it (`isthmus bootstrap {settings.stack}`)",
        )
        return
    if found["KeyState"] != "Enabled":
        yield Problem(
            KEY, f"names {name}, which is {found['KeyState']}: enable it, or cancel its deletion, in KMS"
        )


__all__ = ["secrets_key"]
