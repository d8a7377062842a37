"""One option at a time that one side has otherwise, as by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class OtherOption:
    """An option by the name that ``infra.link.agreement`` gives it, and what is changed in swanctl.conf."""

    option: str
    pattern: str
    changed: str
    comes_up: bool = False
    """IKEv2 agrees on a tunnel's first keys without a group of their own, so that this one shows at the first
    renewal alone (RFC 7296, 1.3.1 and 2.17)."""
    told: bool = True
    """Whether a daemon gets to see it; a peer that is not asked writes nothing."""


OTHER_OPTIONS: Final = (
    OtherOption("IKE encryption", r" proposals = aes256-", " proposals = aes128-"),
    OtherOption("IKE integrity", r" proposals = aes256-sha256", " proposals = aes256-sha384"),
    OtherOption("IKE Diffie-Hellman group", r"( proposals = .*)-modp2048", r"\1-ecp256"),
    OtherOption("ESP encryption", r"esp_proposals = aes256-", "esp_proposals = aes128-"),
    OtherOption("ESP integrity", r"esp_proposals = aes256-sha256", "esp_proposals = aes256-sha512"),
    OtherOption("ESP Diffie-Hellman group", r"(esp_proposals = .*)-modp2048", r"\1-modp3072", comes_up=True),
    OtherOption("AWS's identity", r"(remote {\s+auth = psk\s+id = ).*", r"\g<1>192.0.2.99"),
    OtherOption("pre-shared key", r'secret = ".*"', 'secret = "another"'),
    OtherOption("IKE version", r"version = 2", "version = 1"),
    OtherOption("outside address", r"remote_addrs = .*", "remote_addrs = 198.51.100.250", told=False),
)

__all__ = ["OTHER_OPTIONS", "OtherOption"]
