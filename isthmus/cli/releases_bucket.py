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
    """The bucket that was named; in a rehearsal's shell, else that of the estate, should it be up by now.

    Raises:
        CommandError: when there is none, or no region is set.
    """
    from isthmus.cli.errors import CommandError
    from isthmus.object_store import aws_client
    from training.release import Store

    bucket = bucket or _of_the_rehearsal()
    if not bucket:
        raise CommandError(
            "no releases bucket is named; use --bucket, or set RELEASES_BUCKET "
            '(in a rehearsal: eval "$(isthmus env)")'
        )
    if not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        raise CommandError("AWS_REGION is not set; set it to the region of the releases bucket")
    return Store(bucket, aws_client())


def _of_the_rehearsal() -> str | None:
    """The bucket of the estate that this shell is inside; None outside of a rehearsal's shell."""
    from rehearsal.estate import Estate
    from rehearsal.home import INSIDE

    if INSIDE not in os.environ:
        return None
    return Estate.find().releases_bucket()
