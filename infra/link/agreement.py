"""Where the two halves of a tunnel do not say the same, by the names of their options.

Both sides are read as they stand: AWS's from what its API is told, the other from the text of swanctl.conf.
Neither is taken from the spec, so a change of one alone is seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CIPHERS: Final = {"AES128": "aes128", "AES256": "aes256"}
HASHES: Final = {"SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
GROUPS: Final = {
    "modp2048": 14, "modp3072": 15, "modp4096": 16, "modp6144": 17, "modp8192": 18,
    "ecp256": 19, "ecp384": 20, "ecp521": 21,
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """An option, and what each half says of it in its own words."""

    option: str
    aws: str
    private: str

    def __str__(self) -> str:
        return f"{self.option}: AWS has {self.aws}, the private gateway {self.private}"


def connection(text: str) -> dict[str, str]:
    """The options of a swanctl.conf with one connection; those of its child begin with ``child.``."""
    found: dict[str, str] = {}
    path: list[str] = []
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.endswith("{"):
            path.append(line[:-1].strip())
        elif line == "}":
            path.pop()
        elif "=" in line:
            key, _, value = line.partition("=")
            place = ".".join(("child" if "children" in path else "", *path[2:3])) if len(path) > 2 else ""
            place = "child" if "children" in path else place.strip(".")
            name = f"{place}.{key.strip()}" if place else key.strip()
            found[name if path[0] == "connections" else f"secrets.{key.strip()}"] = value.strip().strip('"')
    return found


def differences(aws: Mapping[str, Any], private: Mapping[str, str]) -> list[Difference]:
    """Compare a tunnel's options.

    Args:
        aws: as the API names a tunnel's options, in camel case, without ``tunnelN`` in front; ``address``,
            its outside address, and ``key``, where they are known.
        private: what ``connection`` has read.
    """
    found: list[Difference] = []

    def same(option: str, theirs: object, ours: object, of_aws: object, of_private: object) -> None:
        if theirs != ours:
            found.append(Difference(option, str(of_aws), str(of_private)))

    same("IKE version", list(aws["IkeVersions"]), [f"ikev{private['version']}"],
         ", ".join(aws["IkeVersions"]), f"ikev{private['version']}")  # fmt: skip
    for phase, title, key in ((1, "IKE", "proposals"), (2, "ESP", "child.esp_proposals")):
        cipher, digest, group = private[key].split("-")
        for option, name, words, ours in (
            ("encryption", "EncryptionAlgorithms", CIPHERS, cipher),
            ("integrity", "IntegrityAlgorithms", HASHES, digest),
            ("Diffie-Hellman group", "DhGroupNumbers", {}, GROUPS.get(group, group)),
        ):
            said = aws[f"Phase{phase}{name}"]
            theirs = [words[each] if each in words else each if words else int(each) for each in said]
            same(f"{title} {option}", theirs, [ours],
                 ", ".join(str(each) for each in said), ours)  # fmt: skip
    ike = _seconds(private["rekey_time"]) + _seconds(private["over_time"])
    for title, theirs, ours in (
        ("IKE lifetime", aws["Phase1LifetimeSeconds"], ike),
        ("ESP lifetime", aws["Phase2LifetimeSeconds"], _seconds(private["child.life_time"])),
        ("replay window", aws["ReplayWindowSize"], int(private["child.replay_window"])),
    ):
        same(title, int(theirs), ours, int(theirs), ours)
    dials = (aws["StartupAction"] == "start", aws["DpdTimeoutAction"] == "restart")
    waits = tuple(
        private[key] == value
        for key, value in (("child.start_action", "none"), ("child.dpd_action", "clear"))
    )
    for option, they, we in zip(("who dials first", "who dials again"), dials, waits, strict=True):
        same(option, they, we, "dials" if they else "waits", "waits" if we else "dials")
    for option, name, key in (
        ("outside address", "address", "remote_addrs"),
        ("AWS's identity", "address", "remote.id"),
        ("pre-shared key", "key", "secrets.secret"),
    ):
        if name in aws:
            secret = name == "key"
            same(option, aws[name], private.get(key), "one key" if secret else aws[name],
                 "another" if secret else private.get(key))  # fmt: skip
    return found


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)s?", text)
    return int(match.group(1)) if match else -1


__all__ = ["CIPHERS", "GROUPS", "HASHES", "Difference", "connection", "differences"]
