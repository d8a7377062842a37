"""What the link's two halves cannot do together, and what the private half would not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.settings.link import LinkSettings
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

UNREAD: Final = ("initiator", "mtu_bytes")
"""Neutron VPNaaS takes both and its strongSwan driver reads neither: its template says ``auto=route`` and no
MTU (neutron-vpnaas 29.0.0, services/vpn/device_drivers/template/strongswan/ipsec.conf.template; read
2026-11-28)."""


def link(settings: Settings) -> Iterator[Problem]:
    """Problems with the link's settings between themselves."""
    yield from _in_order(settings.link)
    if settings.link.private_gateway == "vpnaas":
        yield from _unread_by_vpnaas(settings.link)
    elif settings.link.gateway_address is not None:
        yield Problem(
            "link.gateway_address",
            f"is {settings.link.gateway_address}, but the servers of link.private_gateway instances get "
            "floating addresses of their own; leave it out, or write link.private_gateway: vpnaas",
        )


def _in_order(link: LinkSettings) -> Iterator[Problem]:
    if link.dpd.interval_seconds >= link.dpd.timeout_seconds:
        yield Problem(
            "link.dpd.interval_seconds",
            f"is {link.dpd.interval_seconds} seconds; it must be shorter than link.dpd.timeout_seconds "
            f"{link.dpd.timeout_seconds}: probe more often or wait longer",
        )
    if link.esp.lifetime_seconds > link.ike.lifetime_seconds:
        yield Problem(
            "link.esp.lifetime_seconds",
            f"is {link.esp.lifetime_seconds} seconds; it must not exceed link.ike.lifetime_seconds "
            f"{link.ike.lifetime_seconds}: lower it",
        )


def _unread_by_vpnaas(link: LinkSettings) -> Iterator[Problem]:
    for key in UNREAD:
        value, default = getattr(link, key), LinkSettings.model_fields[key].default
        if value != default:
            yield Problem(
                f"link.{key}",
                f"is {value}, which Neutron VPNaaS takes and ignores; leave it out, or write "
                "link.private_gateway: instances",
            )


__all__ = ["UNREAD", "link"]
