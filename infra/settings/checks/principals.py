"""Each IAM role or user enters the EKS cluster by one access entry: EKS refuses a second one (409)."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.model import Settings
from isthmus.settings.errors import Problem


def principals(settings: Settings) -> Iterator[Problem]:
    """Problems with who may enter. That a list names somebody twice is said elsewhere."""
    cluster = settings.aws.cluster
    named = {} if cluster.deployer is None else {cluster.deployer: "aws.cluster.deployer"}
    for path, listed in (("aws.cluster.admins", cluster.admins), ("aws.cluster.viewers", cluster.viewers)):
        for index, principal in enumerate(listed):
            if principal in named and principal not in listed[:index]:
                yield Problem(
                    f"{path}[{index}]",
                    f"is {principal}, as {named[principal]} is, which lets it do as much or more; EKS takes "
                    "one access entry for each: name it once",
                )
        named = {**{one: f"{path}[{index}]" for index, one in enumerate(listed)}, **named}


__all__ = ["principals"]
