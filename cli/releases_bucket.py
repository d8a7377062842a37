"""The estate's bucket of releases, as the commands that read it are told it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from training.release import Store

ReleasesBucket = Annotated[
    str | None,
    typer.Option(envvar="RELEASES_BUCKET", help="The estate's releases bucket (`isthmus env` sets it)."),
]


def store_of(bucket: str | None) -> Store:
    """The bucket that was named.

    Raises:
        CommandError: when none was, or no region is set.
    """
    from cli.errors import CommandError
    from training.environment import aws_client
    from training.release import Store

    if not bucket:
        raise CommandError(
            "no releases bucket is named; use --bucket, or set RELEASES_BUCKET "
            '(in a rehearsal: eval "$(isthmus env)")'
        )
    if not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        raise CommandError("AWS_REGION is not set; set it to the region of the releases bucket")
    return Store(bucket, aws_client())
