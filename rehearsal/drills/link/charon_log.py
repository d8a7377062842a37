"""Why a tunnel did not come up, by what charon wrote on either side."""

from __future__ import annotations

import re
from typing import Final

_PROPOSALS: Final = re.compile(r"(received|configured) proposals: (IKE|ESP):(\S+)")
_PARTS: Final = (
    ("encryption", re.compile(r"^(AES_|3DES|CHACHA|NULL)")),
    ("integrity", re.compile(r"^HMAC_")),
    ("Diffie-Hellman group", re.compile(r"^(MODP|ECP|CURVE|X)_?\d")),
)
_SENTENCES: Final = (
    (re.compile(r"MAC mismatched|mac mismatch", re.IGNORECASE), "pre-shared key"),
    (re.compile(r"no matching peer config found|no shared key found for"), "AWS's identity"),
    (re.compile(r"no IKE config found for"), "IKE version"),
)


def options(log: str) -> list[str]:
    """The options that a daemon found different, by the names of ``infra.link.agreement``."""
    found: dict[str, None] = {}
    said: dict[tuple[str, str], str] = {}
    for line in log.splitlines():
        if match := _PROPOSALS.search(line):
            which, phase, words = match.groups()
            said[phase, which] = words
            if which == "configured" and (phase, "received") in said:
                for option in _different(said.pop((phase, "received")), words):
                    found[f"{phase} {option}"] = None
        for pattern, option in _SENTENCES:
            if pattern.search(line):
                found[option] = None
    return list(found)


def _different(received: str, configured: str) -> list[str]:
    theirs, ours = received.rstrip(",").split("/"), configured.rstrip(",").split("/")
    different = []
    for option, pattern in _PARTS:
        they, we = ([part for part in side if pattern.match(part)] for side in (theirs, ours))
        # The first ESP of a tunnel comes without a group of its own.
        if they != we and they and we:
            different.append(option)
    return different


__all__ = ["options"]
