"""AWS's half: what a tunnel end and the gateway behind it are told, from the words that AWS's API takes.

A stand-in: strongSwan and FRR answer as AWS documents its own ends, which nobody here has seen inside.
"""

from __future__ import annotations

from typing import Final

from infra.link.agreement import CIPHERS, GROUPS, HASHES
from rehearsal.drills.link.plan import WITHIN_AWS, End, Plan

KEEPALIVE: Final = 10
HOLD: Final = 30
"""Seconds that AWS offers: https://docs.aws.amazon.com/vpn/latest/s2svpn/your-cgw.html, "BGP timers" (read
2026-11-28); the lower hold time of the two peers holds."""

_DPD_DELAY: Final = 10


def swanctl(end: End) -> str:
    """The connection of one end."""
    options = end.options
    versions = {"ikev1": 1, "ikev2": 2}
    version = versions[options.ike_versions[0]] if len(options.ike_versions) == 1 else 0
    starts = options.startup_action == "start"
    return f"""connections {{
  customer {{
    version = {version}
    local_addrs = {end.address}
    remote_addrs = {end.customer if starts else "%any"}
    proposals = {
        _proposals(
            options.phase1_encryption_algorithms,
            options.phase1_integrity_algorithms,
            options.phase1_dh_group_numbers,
        )
    }
    rekey_time = {options.phase1_lifetime_seconds - options.rekey_margin_time_seconds}s
    over_time = {options.rekey_margin_time_seconds}s
    dpd_delay = {_DPD_DELAY}s
    mobike = no
    unique = replace
    local {{
      auth = psk
      id = {end.address}
    }}
    remote {{
      auth = psk
      id = {end.customer}
    }}
    children {{
      customer {{
        local_ts = 0.0.0.0/0
        remote_ts = 0.0.0.0/0
        esp_proposals = {
        _proposals(
            options.phase2_encryption_algorithms,
            options.phase2_integrity_algorithms,
            options.phase2_dh_group_numbers,
        )
    }
        rekey_time = {options.phase2_lifetime_seconds - options.rekey_margin_time_seconds}s
        life_time = {options.phase2_lifetime_seconds}s
        replay_window = {options.replay_window_size}
        start_action = {"start" if starts else "none"}
        dpd_action = {"restart" if options.dpd_timeout_action == "restart" else "clear"}
      }}
    }}
  }}
}}
secrets {{
  ike-customer {{
    id-1 = {end.address}
    id-2 = {end.customer}
    secret = "{end.key}"
  }}
}}
"""


def _proposals(ciphers: tuple[str, ...], hashes: tuple[str, ...], groups: tuple[int, ...]) -> str:
    names = {number: name for name, number in GROUPS.items()}
    return "-".join(
        [*(CIPHERS[each] for each in ciphers), *(HASHES[each] for each in hashes),
         *(names[each] for each in groups)]
    )  # fmt: skip


def end_frr(end: End) -> str:
    """BGP of an end: with the customer through the tunnel, and with the gateway."""
    return f"""frr defaults traditional
hostname {end.name}
!
router bgp {end.asn}
 bgp router-id {end.within}
 no bgp ebgp-requires-policy
 neighbor {end.inside.private} remote-as {end.customer_asn}
 neighbor {end.inside.private} timers {KEEPALIVE} {HOLD}
 neighbor {end.inside.private} timers connect 2
 neighbor {WITHIN_AWS[1]} remote-as {end.asn}
 neighbor {WITHIN_AWS[1]} timers connect 1
 address-family ipv4 unicast
  neighbor {WITHIN_AWS[1]} next-hop-self
 exit-address-family
"""


def gateway_frr(plan: Plan) -> str:
    """BGP of the gateway, which tells the VPC's network and takes one tunnel for what it sends."""
    asn = plan.ends[0].asn
    ends = "".join(
        f" neighbor {end.within} remote-as {asn}\n neighbor {end.within} timers connect 1\n"
        for end in plan.ends
    )
    return f"""frr defaults traditional
hostname gateway
!
router bgp {asn}
 bgp router-id {WITHIN_AWS[1]}
{ends} address-family ipv4 unicast
  network {plan.aws}
  maximum-paths ibgp 1
 exit-address-family
"""


__all__ = ["HOLD", "KEEPALIVE", "end_frr", "gateway_frr", "swanctl"]
