"""Whether the roles and users that enter the cluster are there."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def named(settings: Settings) -> dict[str, str]:
    """ARNs by the key that names them."""
    cluster = settings.aws.cluster
    found = {} if cluster.deployer is None else {"aws.cluster.deployer": cluster.deployer}
    for key, listed in (("admins", cluster.admins), ("viewers", cluster.viewers)):
        found |= {f"aws.cluster.{key}[{index}]": arn for index, arn in enumerate(listed)}
    return found


def principals(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """An access entry may name a role that is not there, which then enters nowhere."""
    from botocore.exceptions import ClientError

    iam = clouds.aws("iam")
    for key, arn in named(settings).items():
        kind, _, path = arn.rpartition(":")[2].partition("/")
        if arn.split(":")[4] != settings.aws.account_id:
            continue  # of another account, which these credentials do not see
        name = path.rpartition("/")[2]
        try:
            if kind == "role":
                there = iam.get_role(RoleName=name)["Role"]["Arn"]
            else:
                there = iam.get_user(UserName=name)["User"]["Arn"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchEntity", "NoSuchEntityException"):
                raise
            yield Problem(key, f"is {arn}, and the account has no such {kind}: make it, or name another one")
        else:
            if there != arn:
                yield Problem(key, f"is {arn}, and the account's {kind} of that name is {there}: write that")


__all__ = ["named", "principals"]
