"""The images that pods run, each pinned by its digest."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Allowed
from isthmus.settings.section import Section

ImageDigest = Annotated[
    str,
    Field(pattern=r"^sha256:[0-9a-f]{64}$"),
    Allowed("sha256: and 64 lower-case hexadecimal digits, as `isthmus images pin` writes them"),
]


class ImagesSettings(Section):
    """This project's images, by the digests that the estate's registry knows them by.

    One that is absent is looked for under the tag that its content gives (`isthmus images list`).
    """

    training: ImageDigest | None = None
    """Of the jobs that run without GPUs."""
    training_gpu: ImageDigest | None = None
    """Of training and tuning on a pool with GPUs."""
    training_spark: ImageDigest | None = None
    """Of the data stage by Spark, and of its executors."""
    serving: ImageDigest | None = None
    """Of the init step that lays out a release for Triton."""
    front: ImageDigest | None = None
    """Of the fronts."""
