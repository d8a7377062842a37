"""Whether a machine can stand where the up is said to run."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.settings import Settings
from infra.settings.ways import LOCAL
from isthmus.settings.errors import Problem


def first_up(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """No machine is inside a network before the first up has made it."""
    from botocore.exceptions import ClientError

    name, runs_from = Naming(settings.stack).cluster("aws"), settings.deploy.runs_from
    try:
        clouds.aws("eks").describe_cluster(name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield Problem(
            "deploy.in_clusters",
            f"is true, and there is no cluster {name} yet, so that no machine stands in the network of "
            f"deploy.runs_from {runs_from}: run the first up with false, put the machine there, and run the "
            "second one from it",
        )


def applies(settings: Settings) -> bool:
    """From outside the networks, one up makes all of it."""
    inside = settings.deploy.runs_from != "public"
    return settings.stack != LOCAL and inside and settings.deploy.in_clusters


__all__ = ["applies", "first_up"]
