"""Names that all accounts of the world share."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.naming import BUCKETS, Naming
from infra.settings import Settings
from isthmus.settings.errors import Problem


def names(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """No other account has a bucket of the estate's names."""
    from botocore.exceptions import ClientError

    s3, account = clouds.aws("s3"), settings.aws.account_id
    for part in BUCKETS:
        bucket = Naming(settings.stack).bucket(account, part)
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "403":
                yield Problem(
                    f"s3://{bucket}",
                    "is there and refuses you, so it may be another account's; bucket names are shared by "
                    "all: call the stack otherwise, or sign in as who may see it",
                )
            elif code != "404":
                raise


__all__ = ["names"]
