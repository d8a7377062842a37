"""One spec of the link in three vocabularies: AWS Site-to-Site VPN, strongSwan and Neutron VPNaaS.

Most links that flap do so because the two halves were typed in twice. Here each option is written once
(``LinkSettings``) and translated for each half, and what one of the halves cannot do is refused before either
is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pulumi

from infra.settings.checks.link import UNREAD
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
STRONGSWAN_GROUPS: Final = MappingProxyType(
    {14: "modp2048", 15: "modp3072", 16: "modp4096", 17: "modp6144", 18: "modp8192", 19: "ecp256",
     20: "ecp384", 21: "ecp521"}
)  # fmt: skip
"""https://docs.strongswan.org/docs/5.9/config/IKEv2CipherSuites.html (read 2026-11-28); ciphers and hashes
have our own names there."""
AWS_IKE: Final = (900, 28800)
AWS_ESP: Final = (900, 3600)
AWS_DPD_TIMEOUT: Final = 30
AWS_MARGIN: Final = 60
"""Seconds before the end of a lifetime at which AWS renews it, 60 being the least: by then the private half
has done so (EC2 API reference, ModifyVpnTunnelOptionsSpecification, RekeyMarginTimeSeconds; read
2026-11-28)."""
PRIVATE_MARGIN: Final = 180
REPLAY_WINDOW: Final = 1024
"""Packets that may arrive out of order; AWS's default (same page), strongSwan's is 32."""
RETRANSMIT_TRIES: Final = 4
RETRANSMIT_BASE: Final = 1.4
RETRANSMISSIONS: Final = sum(RETRANSMIT_BASE**number for number in range(RETRANSMIT_TRIES + 1))
"""Times ``retransmit_timeout``: how long strongSwan waits for an answer in all
(https://docs.strongswan.org/docs/5.9/config/retransmission.html; read 2026-11-28)."""


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
    rekey_margin_time_seconds: int
    rekey_fuzz_percentage: int
    replay_window_size: int


@dataclass(frozen=True)
class NeutronPolicy:
    """An IKE or IPsec policy; ``lifetime`` in seconds."""

    auth_algorithm: str
    encryption_algorithm: str
    pfs: str
    lifetime: int


@dataclass(frozen=True)
class NeutronTunnel:
    """Options of the site connection; intervals in seconds. What Neutron takes and ignores is not here."""

    ike_version: str
    ike: NeutronPolicy
    ipsec: NeutronPolicy
    dpd_action: str
    dpd_interval: int
    dpd_timeout: int


@dataclass(frozen=True)
class StrongSwanTunnel:
    """Options of every connection of swanctl.conf, by their names there; times in seconds."""

    proposals: str
    esp_proposals: str
    ike_rekey_time: int
    ike_over_time: int
    esp_rekey_time: int
    esp_life_time: int
    rand_time: int
    replay_window: int
    dpd_delay: int
    dpd_action: str
    start_action: str
    close_action: str
    retransmit_timeout: float
    """Of strongswan.conf: with IKEv2 it is the retransmissions that find a peer dead, and no dpd_timeout."""


@dataclass(frozen=True)
class Halves:
    """Both halves: AWS's tunnels in the order of the settings, and what the private half is told of each."""

    aws: tuple[AwsTunnel, ...]
    private: NeutronTunnel | StrongSwanTunnel

    @property
    def connections(self) -> tuple[tuple[AwsTunnel, AwsTunnel], ...]:
        """The tunnels by connection: each of AWS's has two."""
        return tuple(zip(self.aws[::2], self.aws[1::2], strict=True))


def halves(spec: LinkSettings) -> Halves:
    """Translate the spec into the words of both halves.

    Raises:
        LinkError: one half cannot do what the spec asks.
    """
    _refuse_what_one_half_cannot(spec)
    servers = spec.private_gateway == "instances"
    aws = tuple(_aws(spec, str(inside)) for inside in spec.inside_cidrs[: 4 if servers else 2])
    return Halves(aws, strongswan(spec) if servers else neutron(spec))


def _aws(spec: LinkSettings, inside: str) -> AwsTunnel:
    dials = spec.initiator == "aws"
    return AwsTunnel(
        inside_cidr=inside,
        ike_versions=(spec.ike.version,),
        phase1_encryption_algorithms=(AWS_ENCRYPTION[spec.ike.encryption],),
        phase1_integrity_algorithms=(AWS_INTEGRITY[spec.ike.integrity],),
        phase1_dh_group_numbers=(spec.ike.dh_group,),
        phase1_lifetime_seconds=spec.ike.lifetime_seconds,
        phase2_encryption_algorithms=(AWS_ENCRYPTION[spec.esp.encryption],),
        phase2_integrity_algorithms=(AWS_INTEGRITY[spec.esp.integrity],),
        phase2_dh_group_numbers=(spec.esp.pfs_group,),
        phase2_lifetime_seconds=spec.esp.lifetime_seconds,
        # "clear" ends the session and waits; "restart" dials (VPN user guide, "Tunnel initiation options",
        # https://docs.aws.amazon.com/vpn/latest/s2svpn/initiate-vpn-tunnels.html; read 2026-11-28).
        dpd_timeout_action="restart" if dials else "clear",
        dpd_timeout_seconds=spec.dpd.timeout_seconds,
        startup_action="start" if dials else "add",
        rekey_margin_time_seconds=AWS_MARGIN,
        rekey_fuzz_percentage=0,
        replay_window_size=REPLAY_WINDOW,
    )


def strongswan(spec: LinkSettings) -> StrongSwanTunnel:
    """What a server of the private site is told of each tunnel."""
    dials = spec.initiator == "openstack"
    ike, esp = spec.ike, spec.esp
    return StrongSwanTunnel(
        proposals=f"{ike.encryption}-{ike.integrity}-{STRONGSWAN_GROUPS[ike.dh_group]}",
        esp_proposals=f"{esp.encryption}-{esp.integrity}-{STRONGSWAN_GROUPS[esp.pfs_group]}",
        ike_rekey_time=ike.lifetime_seconds - PRIVATE_MARGIN,
        ike_over_time=PRIVATE_MARGIN,
        esp_rekey_time=esp.lifetime_seconds - PRIVATE_MARGIN,
        esp_life_time=esp.lifetime_seconds,
        rand_time=AWS_MARGIN,
        replay_window=REPLAY_WINDOW,
        dpd_delay=spec.dpd.interval_seconds,
        dpd_action="restart" if dials else "clear",
        start_action="start" if dials else "none",
        close_action="start" if dials else "none",
        retransmit_timeout=max(
            0.5, round((spec.dpd.timeout_seconds - spec.dpd.interval_seconds) / RETRANSMISSIONS, 2)
        ),
    )


def neutron(spec: LinkSettings) -> NeutronTunnel:
    """What Neutron VPNaaS is told of its one tunnel."""
    return NeutronTunnel(
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
        dpd_action="restart",
        dpd_interval=spec.dpd.interval_seconds,
        dpd_timeout=spec.dpd.timeout_seconds,
    )


def _refuse_what_one_half_cannot(spec: LinkSettings) -> None:
    def refuse(key: str, value: object, half: str, allowed: str) -> LinkError:
        return LinkError(f"link.{key}: {value!r} is more than the {half} half can do; allowed is {allowed}.")

    if spec.private_gateway == "vpnaas":
        for key in UNREAD:
            default = LinkSettings.model_fields[key].default
            if getattr(spec, key) != default:
                raise refuse(key, getattr(spec, key), "Neutron VPNaaS", f"{default!r}")
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
            "private",
            f"less than dpd.timeout_seconds ({spec.dpd.timeout_seconds})",
        )
    if spec.esp.lifetime_seconds > spec.ike.lifetime_seconds:
        raise LinkError(
            f"link.esp.lifetime_seconds: {spec.esp.lifetime_seconds} outlives the key exchange that renews "
            f"it; allowed is at most link.ike.lifetime_seconds ({spec.ike.lifetime_seconds})."
        )


__all__ = [
    "RETRANSMIT_BASE",
    "RETRANSMIT_TRIES",
    "AwsTunnel",
    "Halves",
    "LinkError",
    "NeutronPolicy",
    "NeutronTunnel",
    "StrongSwanTunnel",
    "halves",
    "neutron",
    "strongswan",
]
