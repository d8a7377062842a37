"""Whose account the credentials are of."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def account(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """The provider refuses another account, and nobody runs an estate as the root user."""
    who = clouds.aws("sts").get_caller_identity()
    if who["Account"] != settings.aws.account_id:
        yield Problem(
            "aws.account_id",
            f"is {settings.aws.account_id}, and the credentials are of {who['Account']} ({who['Arn']}): "
            "sign in to the other account, or write this one's number",
        )
    if who["Arn"].endswith(":root"):
        yield Problem(
            "AWS credentials",
            f"are those of the root user ({who['Arn']}), whom no policy limits: sign in as a role",
        )


__all__ = ["account"]
