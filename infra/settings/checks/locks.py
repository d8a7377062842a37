"""What S3 locks cannot be emptied."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.model import Settings
from isthmus.settings.errors import Problem


def locks(settings: Settings) -> Iterator[Problem]:
    """A problem where releases are locked in a bucket that is to go with all that it holds."""
    store = settings.aws.object_store
    if store.releases_locked_days and not store.keep_objects:
        yield Problem(
            "aws.object_store.releases_locked_days",
            f"is {store.releases_locked_days} where aws.object_store.keep_objects is false: what is locked "
            "cannot go with its bucket; keep the objects, or leave this out",
        )


__all__ = ["locks"]
