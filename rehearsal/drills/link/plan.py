"""Who has which address in the drill, from the link's settings and the sites' networks alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from typing import Any, Final

from infra.link.cloud_init import HEADER, cloud_init
from infra.link.server_files import Addresses, Peer, files
from infra.link.spec import InsideEnds, ServerSpec, servers
from infra.link.vocabulary import AwsTunnel, halves
from infra.settings import Settings
from infra.settings.link import LinkSettings

OUTSIDE: Final = IPv4Network("198.51.100.0/24")
"""The internet of the drill (RFC 5737)."""
WITHIN_AWS: Final = IPv4Network("100.64.0.0/24")
"""Between AWS's ends and its gateway: nothing of it is ever told to the private side."""


@dataclass(frozen=True)
class End:
    """One of AWS's tunnel ends, and the gateway of the private site that it serves."""

    number: int
    options: AwsTunnel
    address: str
    customer: str
    """The floating address of the server."""
    inside: InsideEnds
    key: str
    asn: int
    customer_asn: int

    @property
    def name(self) -> str:
        """Of its namespace."""
        return f"end-{self.number}"

    @property
    def within(self) -> str:
        """Its address among the ends in AWS."""
        return str(WITHIN_AWS[10 + self.number])

    @property
    def told(self) -> dict[str, Any]:
        """What AWS's API is told of the tunnel, in its own words."""
        made_up = {"Address": self.address, "Key": self.key}
        camel = {"".join(part.title() for part in name.split("_")): value
                 for name, value in asdict(self.options).items()}  # fmt: skip
        return {**camel, **{name[0].lower() + name[1:]: value for name, value in made_up.items()}}


@dataclass(frozen=True)
class Server:
    """One of the private site's two servers."""

    spec: ServerSpec
    addresses: Addresses

    @property
    def name(self) -> str:
        """Of its namespace, and its host name."""
        return self.addresses.name

    @property
    def user_data(self) -> str:
        """The cloud-init that the estate gives the server."""
        return cloud_init(self.name, files(self.spec, self.addresses))

    @property
    def written(self) -> list[dict[str, str]]:
        """What cloud-init writes: path, content, permissions."""
        config = json.loads(self.user_data.removeprefix(HEADER))
        return list(config["write_files"])

    @property
    def commands(self) -> list[list[str]]:
        """What cloud-init runs after that."""
        return list(json.loads(self.user_data.removeprefix(HEADER))["runcmd"])


@dataclass(frozen=True)
class Plan:
    """Everything that stands in the drill."""

    private: IPv4Network
    aws: IPv4Network
    servers: tuple[Server, Server]
    ends: tuple[End, ...]

    @property
    def router(self) -> str:
        """The private network's router."""
        return str(self.private[1])

    @property
    def virtual(self) -> str:
        """Where the router sends what is for AWS."""
        return self.servers[0].addresses.virtual

    @property
    def shop(self) -> str:
        """A machine of the private network that asks."""
        return str(self.private[20])

    @property
    def gateway(self) -> str:
        """The VPC's router."""
        return str(self.aws[1])

    @property
    def answering(self) -> str:
        """A machine of the VPC that answers."""
        return str(self.aws[10])

    def ends_of(self, server: Server) -> Sequence[End]:
        """Both of a server's ends in AWS, in the order of its tunnels."""
        return [end for end in self.ends if end.customer == server.addresses.outside]


def plan(settings: Settings, keys: Sequence[str]) -> Plan:
    """Give everything its address.

    Args:
        settings: of a stack whose link has gateway servers.
        keys: the pre-shared keys of the four tunnels.
    """
    link: LinkSettings = settings.link
    private, aws = settings.openstack.network.cidr, settings.aws.network.cidr
    options = halves(link)
    ends = []
    outside = [str(OUTSIDE[11]), str(OUTSIDE[12])]
    for index, (tunnel, inside, key) in enumerate(zip(options.aws, link.inside_cidrs, keys, strict=True)):
        ends.append(
            End(
                number=index + 1,
                options=tunnel,
                address=str(OUTSIDE[101 + index]),
                customer=outside[index // 2],
                inside=InsideEnds.of(inside),
                key=key,
                asn=link.aws_asn,
                customer_asn=link.asn,
            )
        )
    own = [str(private[11]), str(private[12])]
    first, second = (
        Server(
            spec,
            Addresses(
                name=f"link-{spec.number}",
                own=own[index],
                other=own[1 - index],
                virtual=str(private[10]),
                outside=outside[index],
                peers=_peers(ends[2 * index : 2 * index + 2]),
            ),
        )
        for index, spec in enumerate(servers(link, str(private), str(aws)))
    )
    return Plan(private, aws, (first, second), tuple(ends))


def _peers(ends: Sequence[End]) -> tuple[Peer, Peer]:
    first, second = (Peer(end.address, end.key) for end in ends)
    return first, second


def networkd(files: Mapping[str, str], tunnel: str) -> tuple[str, str]:
    """What systemd-networkd would give a tunnel's interface: its address and its largest packet."""
    lines = files[f"/etc/systemd/network/50-{tunnel}.network"].splitlines()
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    return found["Address"], found["MTUBytes"]


__all__ = ["OUTSIDE", "WITHIN_AWS", "End", "Plan", "Server", "networkd", "plan"]
