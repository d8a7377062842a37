"""One spec of the link in two vocabularies: AWS Site-to-Site VPN and Neutron VPNaaS.

Most links that flap do so because the two halves were typed in twice. Here each option is written once
(``LinkSettings``) and translated twice, and what one of the halves cannot do is refused before either
is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pulumi

from infra.settings.link import LinkSettings
from isthmus.errors import IsthmusError

# (ours, AWS, Neutron). Sources: Amazon EC2 API reference, ModifyVpnTunnelOptionsSpecification;
# OpenStack Networking API v2.0, "VPNaaS 2.0", and neutron-lib's vpn constants.
_ENCRYPTION: Final = (("aes128", "AES128", "aes-128"), ("aes256", "AES256", "aes-256"))
_INTEGRITY: Final = (
    ("sha256", "SHA2-256", "sha256"),
    ("sha384", "SHA2-384", "sha384"),
    ("sha512", "SHA2-512", "sha512"),
)
AWS_ENCRYPTION: Final = MappingProxyType({ours: aws for ours, aws, _ in _ENCRYPTION})
NEUTRON_ENCRYPTION: Final = MappingProxyType({ours: neutron for ours, _, neutron in _ENCRYPTION})
AWS_INTEGRITY: Final = MappingProxyType({ours: aws for ours, aws, _ in _INTEGRITY})
NEUTRON_INTEGRITY: Final = MappingProxyType({ours: neutron for ours, _, neutron in _INTEGRITY})
AWS_GROUPS: Final = frozenset({14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})
NEUTRON_GROUPS: Final = frozenset(range(14, 32))
"""Neutron VPNaaS older than 23.0 knows 14 only: the settings' default is what every version does."""
AWS_IKE: Final = (900, 28800)
AWS_ESP: Final = (900, 3600)
AWS_DPD_TIMEOUT: Final = 30


class LinkError(IsthmusError, pulumi.RunError):
    """One half of the link cannot do what the settings ask; the message says which, and what to write."""


@dataclass(frozen=True)
class AwsTunnel:
    """Options of one tunnel as ``aws.ec2.VpnConnection`` names them, without the ``tunnelN_`` in front.

    AWS takes lists of what it would accept; each list here has exactly one entry, so that nothing but
    the spec can be agreed on.
    """

    inside_cidr: str
    ike_versions: tuple[str, ...]
    phase1_encryption_algorithms: tuple[str, ...]
    phase1_integrity_algorithms: tuple[str, ...]
    phase1_dh_group_numbers: tuple[int, ...]
    phase1_lifetime_seconds: int
    phase2_encryption_algorithms: tuple[str, ...]
    phase2_integrity_algorithms: tuple[str, ...]
    phase2_dh_group_numbers: tuple[int, ...]
    phase2_lifetime_seconds: int
    dpd_timeout_action: str
    dpd_timeout_seconds: int
    startup_action: str


@dataclass(frozen=True)
class NeutronPolicy:
    """An IKE or IPsec policy; ``lifetime`` in seconds."""

    auth_algorithm: str
    encryption_algorithm: str
    pfs: str
    lifetime: int


@dataclass(frozen=True)
class NeutronTunnel:
    """Options of every site connection; intervals in seconds, MTU in bytes."""

    ike_version: str
    ike: NeutronPolicy
    ipsec: NeutronPolicy
    dpd_action: str
    dpd_interval: int
    dpd_timeout: int
    initiator: str
    mtu: int


@dataclass(frozen=True)
class Halves:
    """Both halves of the link: AWS's two tunnels, and what Neutron's two connections share."""

    aws: tuple[AwsTunnel, AwsTunnel]
    neutron: NeutronTunnel


def halves(spec: LinkSettings) -> Halves:
    """Translate the spec into both vocabularies.

    Raises:
        LinkError: one half cannot do what the spec asks.
    """
    _refuse_what_one_half_cannot(spec)
    first, second = (
        AwsTunnel(
            inside_cidr=str(inside),
            ike_versions=(spec.ike.version,),
            phase1_encryption_algorithms=(AWS_ENCRYPTION[spec.ike.encryption],),
            phase1_integrity_algorithms=(AWS_INTEGRITY[spec.ike.integrity],),
            phase1_dh_group_numbers=(spec.ike.dh_group,),
            phase1_lifetime_seconds=spec.ike.lifetime_seconds,
            phase2_encryption_algorithms=(AWS_ENCRYPTION[spec.esp.encryption],),
            phase2_integrity_algorithms=(AWS_INTEGRITY[spec.esp.integrity],),
            phase2_dh_group_numbers=(spec.esp.pfs_group,),
            phase2_lifetime_seconds=spec.esp.lifetime_seconds,
            dpd_timeout_action=spec.dpd.action,
            dpd_timeout_seconds=spec.dpd.timeout_seconds,
            startup_action="start" if spec.initiator == "aws" else "add",
        )
        for inside in spec.inside_cidrs
    )
    neutron = NeutronTunnel(
        ike_version={"ikev2": "v2"}[spec.ike.version],
        ike=NeutronPolicy(
            auth_algorithm=NEUTRON_INTEGRITY[spec.ike.integrity],
            encryption_algorithm=NEUTRON_ENCRYPTION[spec.ike.encryption],
            pfs=f"group{spec.ike.dh_group}",
            lifetime=spec.ike.lifetime_seconds,
        ),
        ipsec=NeutronPolicy(
            auth_algorithm=NEUTRON_INTEGRITY[spec.esp.integrity],
            encryption_algorithm=NEUTRON_ENCRYPTION[spec.esp.encryption],
            pfs=f"group{spec.esp.pfs_group}",
            lifetime=spec.esp.lifetime_seconds,
        ),
        dpd_action=spec.dpd.action,
        dpd_interval=spec.dpd.interval_seconds,
        dpd_timeout=spec.dpd.timeout_seconds,
        initiator="bi-directional" if spec.initiator == "openstack" else "response-only",
        mtu=spec.mtu_bytes,
    )
    return Halves(aws=(first, second), neutron=neutron)


def _refuse_what_one_half_cannot(spec: LinkSettings) -> None:
    def refuse(key: str, value: object, half: str, allowed: str) -> LinkError:
        return LinkError(f"link.{key}: {value!r} is more than the {half} half can do; allowed is {allowed}.")

    if spec.routing == "bgp":
        raise refuse("routing", spec.routing, "Neutron VPNaaS", '"static"')
    for key, group in (("ike.dh_group", spec.ike.dh_group), ("esp.pfs_group", spec.esp.pfs_group)):
        if group not in AWS_GROUPS & NEUTRON_GROUPS:
            raise refuse(key, group, "AWS" if group not in AWS_GROUPS else "Neutron VPNaaS", "14 to 21")
    for key, seconds, (low, high) in (
        ("ike.lifetime_seconds", spec.ike.lifetime_seconds, AWS_IKE),
        ("esp.lifetime_seconds", spec.esp.lifetime_seconds, AWS_ESP),
    ):
        if not low <= seconds <= high:
            raise refuse(key, seconds, "AWS", f"{low} to {high}")
    if spec.dpd.timeout_seconds < AWS_DPD_TIMEOUT:
        raise refuse("dpd.timeout_seconds", spec.dpd.timeout_seconds, "AWS", f"{AWS_DPD_TIMEOUT} or more")
    if spec.dpd.interval_seconds >= spec.dpd.timeout_seconds:
        raise refuse(
            "dpd.interval_seconds",
            spec.dpd.interval_seconds,
            "Neutron VPNaaS",
            f"less than dpd.timeout_seconds ({spec.dpd.timeout_seconds})",
        )
    if spec.esp.lifetime_seconds > spec.ike.lifetime_seconds:
        raise LinkError(
            f"link.esp.lifetime_seconds: {spec.esp.lifetime_seconds} outlives the key exchange that renews "
            f"it; allowed is at most link.ike.lifetime_seconds ({spec.ike.lifetime_seconds})."
        )


__all__ = ["AwsTunnel", "Halves", "LinkError", "NeutronPolicy", "NeutronTunnel", "halves"]
