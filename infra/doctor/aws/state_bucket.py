"""The bucket that holds the state, where the backend is S3."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from infra.doctor.check import CannotTell
from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.settings import Settings
from isthmus.settings.errors import Problem

BACKEND = "PULUMI_BACKEND_URL"
CODES = {
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
}


def bucket_name(settings: Settings, environment: Mapping[str, str] | None = None) -> str | None:
    """Of the backend that the shell names, else that of the bootstrap; None: the state is elsewhere."""
    backend = (os.environ if environment is None else environment).get(BACKEND)
    if not backend:
        return Naming(settings.stack).bucket(settings.aws.account_id, "state")
    parts = urlsplit(backend)
    return parts.netloc if parts.scheme == "s3" else None


def state_bucket(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """It is there, keeps versions, and is nobody else's."""
    from botocore.exceptions import ClientError

    name = bucket_name(settings, clouds.environment)
    if name is None:
        raise CannotTell(f"{BACKEND} is {clouds.environment[BACKEND]}: the state is in no bucket")
    s3 = clouds.aws("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("404", "NoSuchBucket", "403"):
            raise
        why = "is another account's, or closed to you" if code == "403" else "is not there"
        yield Problem(
            f"s3://{name}",
            f"{why}, and the state needs a bucket: make it (`isthmus bootstrap {settings.stack}`), or name "
            f"yours in {BACKEND}",
        )
        return
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        yield Problem(
            f"s3://{name}",
            "keeps no versions, and a state that was overwritten is lost: turn versioning on",
        )
    for asked, absent in CODES.items():
        try:
            answer = getattr(s3, asked)(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != absent:
                raise
            answer = None
        block = (answer or {}).get("PublicAccessBlockConfiguration")
        if answer is None or (block is not None and not all(block.values())):
            what = "encrypts nothing by default" if "encryption" in asked else "may be made public"
            yield Problem(f"s3://{name}", f"{what}: run `isthmus bootstrap {settings.stack}` again")


__all__ = ["bucket_name", "state_bucket"]
