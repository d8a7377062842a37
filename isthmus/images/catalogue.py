"""The images of this project, a row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

USER: Final = 65532
"""The user of every image of ours, by number: the one that distroless images call nonroot."""

_JOBS = ("data", "rank", "retrain", "train", "transfer", "tune", "validate", "validate_new")


@dataclass(frozen=True)
class OwnImage:
    """An image that is built from this project."""

    name: str
    """As the settings call it."""
    repository: str
    """In the estate's registry."""
    variant: str
    """What its tags begin with, where a repository holds more than one image."""
    containerfile: str
    """From the root of the project."""
    extra: str
    """Of ``pyproject.toml``: its libraries, in the versions of the lock."""
    entries: tuple[str, ...]
    """Modules that are run, or read as files; they and all of ours that they import are in the image."""
    data: tuple[str, ...] = ()
    """Patterns of files that are no modules."""


def _training(name: str, variant: str, extra: str) -> OwnImage:
    return OwnImage(
        name=name,
        repository="isthmus/training",
        variant=variant,
        containerfile="training/Containerfile",
        extra=extra,
        entries=tuple(f"training.jobs.{job}" for job in _JOBS),
        data=("training/validation/report/templates/*",),
    )


IMAGES: Final[Mapping[str, OwnImage]] = MappingProxyType(
    {
        "training": _training("training", "cpu", "training"),
        "training_gpu": _training("training_gpu", "gpu", "gpu"),
        "training_spark": OwnImage(
            name="training_spark",
            repository="isthmus/training",
            variant="spark",
            containerfile="training/spark.Containerfile",
            extra="data-stage-by-spark",
            entries=("training.jobs.data", "training.jobs.spark_executor"),
        ),
        "serving": OwnImage(
            name="serving",
            repository="isthmus/serving",
            variant="pull",
            containerfile="serving/Containerfile",
            extra="serving-pull",
            # Triton runs its models from the repository that the step makes: they are copied as files.
            entries=("serving.pull", "serving.compare"),
            data=("serving/models/**/*.py",),
        ),
        "front": OwnImage(
            name="front",
            repository="isthmus/serving",
            variant="front",
            containerfile="serving/Containerfile",
            extra="front",
            entries=("serving.front.__main__",),
        ),
    }
)
"""By the names of the section ``images`` of a stack file."""
