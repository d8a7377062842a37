"""The tunnels' pre-shared keys of one's own, for an up: each half has its from the store of its own site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra.link.vocabulary import LinkError
from infra.preshared_keys import VALID

PLACEHOLDER: Final = "placeholder"
"""How a key begins that nobody could open: a rehearsal's preview of a cloud's stack."""


def read(
    tunnels: Sequence[str], opts: pulumi.InvokeOutputOptions | None = None
) -> list[tuple[pulumi.Output[str], pulumi.Output[str]]]:
    """The keys of these names, of AWS's store and of the private one; both are secrets.

    Where the two are not the same the up ends with a LinkError before it changes a tunnel.
    """
    return [_both(name, opts) for name in tunnels]


def _both(
    name: str, opts: pulumi.InvokeOutputOptions | None
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    in_aws = aws.secretsmanager.get_secret_version_output(secret_id=name, opts=opts).secret_string
    privately = openstack.keymanager.get_secret_output(name=name, opts=opts).payload
    known = pulumi.Output.all(in_aws, privately)
    pair: pulumi.Output[tuple[str, str]] = pulumi.Output.secret(
        known.apply(lambda both: agreed(name, str(both[0]), str(both[1])))
    )
    return pair.apply(lambda both: both[0]), pair.apply(lambda both: both[1])


def agreed(name: str, in_aws: str, privately: str) -> tuple[str, str]:
    """Both, if they may stand at the two ends of one tunnel.

    In a preview without credentials a placeholder stands for what nobody opened; an up refuses it, since
    it is no key.

    Raises:
        LinkError: they are two keys, or none; the message never holds one.
    """
    if pulumi.runtime.is_dry_run() and in_aws.startswith(PLACEHOLDER):
        return PLACEHOLDER, PLACEHOLDER
    if in_aws != privately:
        raise LinkError(
            f"link.key_generations: Secrets Manager and Barbican have two keys called {name}: delete the one "
            "that no tunnel has, and `isthmus link keys STACK` brings it from the other store."
        )
    if not VALID.fullmatch(in_aws):
        raise LinkError(
            f"link.key_generations: what {name} holds is no pre-shared key (8 to 64 letters, digits, dots or "
            "underscores, and no 0 at first): delete it in both stores, and run `isthmus link keys STACK`."
        )
    return in_aws, privately


__all__ = ["PLACEHOLDER", "agreed", "read"]
