"""Who has which pre-shared key: each half one of its own store, or the one that AWS made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

Pair = tuple[pulumi.Output[str], pulumi.Output[str]]


@dataclass(frozen=True)
class LinkKeys:
    """The keys of all tunnels that are used, in order: as AWS's store and as the private one has them.

    None are there where AWS makes them.
    """

    stored: Sequence[Pair] = ()

    def of_aws(self, connection: int, tunnels: int) -> dict[str, pulumi.Output[str]]:
        """What a connection is told of its first ``tunnels``; AWS makes the key of any other."""
        own = self.stored[connection * tunnels : (connection + 1) * tunnels]
        return {f"tunnel{number}_preshared_key": key for number, (key, _) in enumerate(own, start=1)}

    def of_private(self, index: int, connection: aws.ec2.VpnConnection) -> Pair:
        """The keys of a connection's two tunnels, as the private half has them."""
        made = (connection.tunnel1_preshared_key, connection.tunnel2_preshared_key)
        if not self.stored:
            return made
        own = [key for _, key in self.stored[2 * index : 2 * index + 2]]
        return own[0], own[1] if len(own) > 1 else made[1]


__all__ = ["LinkKeys"]
