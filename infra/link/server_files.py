"""The files of a gateway server: strongSwan, FRR, nftables, keepalived and what watches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.link.spec import BGP_HOLD, BGP_KEEPALIVE, ServerSpec
from infra.link.vocabulary import RETRANSMIT_BASE, RETRANSMIT_TRIES

LAN: Final = "@lan@"
"""Stands for the server's network card, whose name only the server itself knows."""


@dataclass(frozen=True)
class Peer:
    """One end in AWS: its outside address, and the key that AWS made for the tunnel."""

    address: str
    key: str


@dataclass(frozen=True)
class Addresses:
    """What the clouds have made up: all of it is known to an up alone."""

    name: str
    own: str
    other: str
    """Of the other server."""
    virtual: str
    """Where the private network's router sends what is for AWS."""
    outside: str
    """The floating address."""
    peers: tuple[Peer, Peer]


@dataclass(frozen=True)
class ServerFile:
    """A file of root's: its text and mode."""

    text: str
    mode: str = "0644"


@dataclass(frozen=True)
class _Tunnel:
    name: str
    if_id: int
    peer: str
    key: str
    inside: str
    inside_peer: str
    prefix: int


def files(spec: ServerSpec, addresses: Addresses, lan: str = LAN) -> dict[str, ServerFile]:
    """Every file that the server's part in the link is made of, by path."""
    tunnels = list(_tunnels(spec, addresses))
    known = {
        "options": spec.options,
        "tunnels": tunnels,
        "name": addresses.name,
        "address": addresses.own,
        "other": addresses.other,
        "virtual": addresses.virtual,
        "outside": addresses.outside,
        "private_cidr": spec.private_cidr,
        "aws_cidr": spec.aws_cidr,
        "asn": spec.asn,
        "aws_asn": spec.aws_asn,
        "mtu": spec.mtu,
        "priority": spec.priority,
        "keepalive": BGP_KEEPALIVE,
        "hold": BGP_HOLD,
        "retransmit_tries": RETRANSMIT_TRIES,
        "retransmit_base": RETRANSMIT_BASE,
        "lan": lan,
    }
    made = {
        "/etc/strongswan.d/link.conf": ServerFile(_filled("strongswan.conf", known)),
        "/etc/frr/frr.conf": ServerFile(_filled("frr.conf", known), "0640"),
        "/etc/frr/daemons": ServerFile("bgpd=yes\nvtysh_enable=yes\nzebra_options=\"-A 127.0.0.1\"\n"
                                       "bgpd_options=\"-A 127.0.0.1\"\n", "0640"),
        "/etc/nftables.conf": ServerFile(_filled("nftables.conf", known), "0755"),
        "/etc/keepalived/keepalived.conf": ServerFile(_filled("keepalived.conf", known)),
        "/etc/sysctl.d/60-link.conf": ServerFile(_filled("sysctl.conf", known)),
        "/usr/local/sbin/link-carries": ServerFile(_filled("link-carries", known), "0755"),
    }  # fmt: skip
    for tunnel in tunnels:
        made[swanctl_path(tunnel.name)] = ServerFile(
            _filled("swanctl.conf", {**known, "tunnel": tunnel}), "0600"
        )
        made |= _interface(tunnel, spec.mtu)
    if spec.options.start_action == "start":
        made |= {
            "/usr/local/sbin/link-dial": ServerFile(_filled("link-dial", known), "0755"),
            "/etc/systemd/system/link-dial.service": ServerFile(
                "[Service]\nType=oneshot\nExecStart=/usr/local/sbin/link-dial\n"
            ),
            "/etc/systemd/system/link-dial.timer": ServerFile(
                "[Timer]\nOnActiveSec=10s\nOnUnitInactiveSec=10s\nAccuracySec=1s\n\n"
                "[Install]\nWantedBy=timers.target\n"
            ),
        }
    return made


def tunnel_name(number: int) -> str:
    """The name of a server's tunnel, of its connection and of its interface."""
    return f"aws-{number}"


def swanctl_path(tunnel: str) -> str:
    """The file of a tunnel's connection and key."""
    return f"/etc/swanctl/conf.d/{tunnel}.conf"


def _tunnels(spec: ServerSpec, addresses: Addresses) -> Iterator[_Tunnel]:
    for number, (inside, peer) in enumerate(zip(spec.insides, addresses.peers, strict=True), start=1):
        yield _Tunnel(
            name=tunnel_name(number),
            if_id=number,
            peer=peer.address,
            key=peer.key,
            inside=inside.private,
            inside_peer=inside.aws,
            prefix=inside.prefix,
        )


def _interface(tunnel: _Tunnel, mtu: int) -> dict[str, ServerFile]:
    """The XFRM interface, made by systemd-networkd.

    https://www.freedesktop.org/software/systemd/man/252/systemd.netdev.html, section [Xfrm] (named
    from memory, and never tried: no kernel with XFRM interfaces was at hand).
    """
    path = f"/etc/systemd/network/50-{tunnel.name}"
    return {
        f"{path}.netdev": ServerFile(
            f"[NetDev]\nName={tunnel.name}\nKind=xfrm\nMTUBytes={mtu}\n\n"
            f"[Xfrm]\nInterfaceId={tunnel.if_id}\nIndependent=yes\n"
        ),
        f"{path}.network": ServerFile(
            f"[Match]\nName={tunnel.name}\n\n"
            f"[Link]\nMTUBytes={mtu}\n\n"
            f"[Network]\nAddress={tunnel.inside}/{tunnel.prefix}\nLinkLocalAddressing=no\n"
        ),
    }


@cache
def _templates() -> Environment:
    # The files are of programs, none of which reads HTML.
    return Environment(  # noqa: S701
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _filled(template: str, known: Mapping[str, Any]) -> str:
    return _templates().get_template(f"{template}.j2").render(known)


__all__ = ["LAN", "Addresses", "Peer", "ServerFile", "files", "swanctl_path", "tunnel_name"]
