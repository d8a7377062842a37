"""Both halves of the link, read from what an up declares: a change of one alone is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.link.agreement import connection, differences
from infra.link.cloud_init import HEADER
from tests.infra.recorded import Estate, estate_of

WITH_SERVERS = ("local", "staging", "prod")


def both_halves(estate: Estate) -> Iterator[tuple[dict[str, Any], str]]:
    """Of each tunnel: what AWS's API is told, and the file that cloud-init writes on the private side."""
    for label in ("1", "2"):
        vpn = estate.one("aws:ec2/vpnConnection:VpnConnection", f"link-{label}")
        server = estate.one("openstack:compute/instance:Instance", f"link-servers-{label}")
        written = json.loads(server.inputs["userData"]["value"].removeprefix(HEADER))["write_files"]
        text = {each["path"]: each["content"] for each in written}
        first = 1 if label == "1" else 3
        for tunnel in (1, 2):
            aws = {
                key.removeprefix(f"tunnel{tunnel}"): value
                for key, value in vpn.inputs.items()
                if key.startswith(f"tunnel{tunnel}")
            }
            number = first + tunnel - 1
            # The owner's own, where the stack has some, else AWS's.
            own = aws.pop("PresharedKey", None)
            key = own["value"] if own else f"key-{number}"
            made_up = {"address": f"192.0.2.{number}", "key": key}
            yield {**aws, **made_up}, text[f"/etc/swanctl/conf.d/aws-{tunnel}.conf"]


@pytest.mark.parametrize("stack", WITH_SERVERS)
def test_both_halves_of_every_tunnel_agree(stack: str) -> None:
    halves = list(both_halves(estate_of(stack)))
    assert len(halves) == 4
    for aws, text in halves:
        assert differences(aws, connection(text)) == []


PRIVATE = {
    "IKE version": (r"version = 2", "version = 1"),
    "IKE encryption": (r" proposals = aes256-", " proposals = aes128-"),
    "IKE integrity": (r" proposals = aes256-sha256", " proposals = aes256-sha384"),
    "IKE Diffie-Hellman group": (r"( proposals = .*)-modp2048", r"\1-ecp256"),
    "ESP encryption": (r"esp_proposals = aes256-", "esp_proposals = aes128-"),
    "ESP integrity": (r"esp_proposals = aes256-sha256", "esp_proposals = aes256-sha512"),
    "ESP Diffie-Hellman group": (r"(esp_proposals = .*)-modp2048", r"\1-modp3072"),
    "IKE lifetime": (r"over_time = 180s", "over_time = 181s"),
    "ESP lifetime": (r"life_time = 3600s", "life_time = 3000s"),
    "replay window": (r"replay_window = 1024", "replay_window = 32"),
    "who dials first": (r"start_action = start", "start_action = none"),
    "who dials again": (r"dpd_action = restart", "dpd_action = clear"),
    "outside address": (r"remote_addrs = .*", "remote_addrs = 192.0.2.99"),
    "AWS's identity": (r"(remote {\s+auth = psk\s+id = ).*", r"\g<1>192.0.2.99"),
    "pre-shared key": (r'secret = ".*"', 'secret = "another"'),
}
"""Option: what is changed in the private half's file."""


@pytest.mark.parametrize("option", PRIVATE)
def test_one_option_changed_on_the_private_side_is_named(option: str) -> None:
    pattern, changed = PRIVATE[option]
    for aws, text in both_halves(estate_of("prod")):
        other = re.sub(pattern, changed, text, count=1)
        assert other != text
        assert [each.option for each in differences(aws, connection(other))] == [option]


AWS: Mapping[str, tuple[str, Any]] = {
    "IKE version": ("IkeVersions", ["ikev1", "ikev2"]),
    "IKE encryption": ("Phase1EncryptionAlgorithms", ["AES128"]),
    "IKE integrity": ("Phase1IntegrityAlgorithms", ["SHA2-256", "SHA2-384"]),
    "IKE Diffie-Hellman group": ("Phase1DhGroupNumbers", [20]),
    "ESP encryption": ("Phase2EncryptionAlgorithms", ["AES256-GCM-16"]),
    "ESP integrity": ("Phase2IntegrityAlgorithms", ["SHA2-512"]),
    "ESP Diffie-Hellman group": ("Phase2DhGroupNumbers", [15]),
    "IKE lifetime": ("Phase1LifetimeSeconds", 3600),
    "ESP lifetime": ("Phase2LifetimeSeconds", 900),
    "replay window": ("ReplayWindowSize", 64),
    "who dials first": ("StartupAction", "start"),
    "who dials again": ("DpdTimeoutAction", "restart"),
}
"""Option: what is changed of what AWS is told."""


@pytest.mark.parametrize("option", AWS)
def test_one_option_changed_on_awss_side_is_named(option: str) -> None:
    name, changed = AWS[option]
    for aws, text in both_halves(estate_of("prod")):
        found = differences({**aws, name: changed}, connection(text))
        assert [each.option for each in found] == [option]
        assert str(found[0]).startswith(f"{option}: AWS has ")
