"""What a gateway server is told at its first start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from infra.link.server_files import LAN, ServerFile

HEADER: Final = "#cloud-config\n"
PACKAGES: Final = (
    "charon-systemd", "strongswan-swanctl", "libstrongswan-standard-plugins", "frr", "keepalived", "nftables",
)  # fmt: skip
"""As Debian 12's own index names them (``apt-cache policy``, 2026-11-28); that Ubuntu 24.04 has the same
names was not looked up."""

_KNOW_THE_CARD: Final = (
    "card=$(ip -o -4 route show default | sed 's/.* dev \\([^ ]*\\).*/\\1/'); "
    f'sed -i "s/{LAN}/$card/" /etc/keepalived/keepalived.conf'
)


def cloud_init(name: str, files: Mapping[str, ServerFile]) -> str:
    """The user data. Nobody has an account or a password there, and no SSH server listens.

    It holds the pre-shared keys, and Nova keeps it as it is: a server has no identity of its own by which it
    could ask Barbican, and a credential for that would stand here in the keys' place. So the text is a secret
    of the stack's, comes by a config drive and over no network, and the metadata service answers root alone.
    """
    dials = "/usr/local/sbin/link-dial" in files
    config = {
        "hostname": name,
        "users": [],
        "disable_root": True,
        "ssh_pwauth": False,
        "package_update": True,
        "packages": list(PACKAGES),
        # Before the packages: no service starts without its rules.
        "write_files": [
            {"path": path, "content": file.text, "permissions": file.mode, "owner": "root:root"}
            for path, file in files.items()
        ],
        "runcmd": [
            ["sh", "-c", _KNOW_THE_CARD],
            ["sh", "-c", "chown frr:frr /etc/frr/frr.conf /etc/frr/daemons"],
            ["sysctl", "--system"],
            ["systemctl", "enable", "--now", "nftables"],
            ["systemctl", "disable", "--now", "ssh"],
            ["networkctl", "reload"],
            ["systemctl", "enable", "strongswan", "frr", "keepalived"],
            ["systemctl", "restart", "strongswan", "frr", "keepalived"],
            *([["systemctl", "enable", "--now", "link-dial.timer"]] if dials else []),
        ],
    }  # fmt: skip
    # JSON is YAML, and no text of a file can be taken for anything else in it.
    return HEADER + json.dumps(config, indent=1)


__all__ = ["HEADER", "PACKAGES", "cloud_init"]
