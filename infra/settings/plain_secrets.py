"""Find secrets that stand in a stack file as plain text: by the key's name, or by the value's looks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.settings.leaves import leaves
from isthmus.settings.errors import Problem
from isthmus.settings.fields import dotted

NAMES = re.compile(
    r"pass(word|phrase|wd)|secret|token|private_?key|(?<![a-z])psk|pre_?shared|access_?key|api_?key|credential",
    re.IGNORECASE,
)
VALUES = (
    (re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"), "an AWS access key"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key in PEM"),
    (
        re.compile(r"(?<![A-Za-z0-9])(gh[opsu]_|github_pat_|glpat-|xox[abp]-|pul-[0-9a-f]{8})"),
        "a token",
    ),
    (re.compile(r"^eyJ[\w-]{10,}\.[\w-]{10,}\."), "a signed token (JWT)"),
    (re.compile(r"^[\w+.-]+://[^/@\s]+:[^/@\s]+@"), "a password in a URL"),
)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
ENTROPY_BITS = 4.2
"""Bits a character above which a text of 32 characters or more was drawn, not written: random base64 of
that length has 4.4 to 5.5, words and names joined by hyphens stay below 4."""
CAPITALS = 0.3
"""Share of the letters above which a text without digits was drawn."""

PUBLIC = ("serving.trusted_keys", "serving.release")
"""Settings that look drawn and are meant to be seen."""
THROW_AWAY = "openstack.throw_away_keys"
KNOWN_NAMES = frozenset({"keys_secret", "secret_requests", "throw_away_keys"})
"""Settings whose names sound like a secret and whose values are names or numbers."""


def entropy_bits(text: str) -> float:
    """Shannon entropy of a text's characters, bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _looks(value: str) -> str:
    for pattern, name in VALUES:
        if pattern.search(value):
            return name
    return "a key drawn at random" if BASE64.fullmatch(value) and _drawn(value) else ""


def _drawn(value: str) -> bool:
    """Whether letters of both cases stand among digits, or are so many of each that nobody wrote them.

    One random key of 32 bytes in two thousand has no digit. Half of its letters are capitals, where a name
    has one a word.
    """
    capitals = [letter.isupper() for letter in value if letter.isalpha()]
    if len(set(capitals)) < 2 or entropy_bits(value) <= ENTROPY_BITS:
        return False
    return any(sign.isdigit() for sign in value) or sum(capitals) > len(capitals) * CAPITALS


def plain_secrets(key: str, value: Any) -> Iterator[Problem]:
    """Problems for each secret in plain text below one key of a stack file; the value is never shown.

    Args:
        key: the key as errors name it, e.g. ``aws``.
        value: what stands below it.
    """
    for path, leaf in leaves(value, (key,)):
        where = dotted(path)
        if where.startswith(PUBLIC) or where.startswith(THROW_AWAY):
            # Elsewhere than in `local` the throw-away keys are refused as a whole.
            continue
        looks = _looks(leaf) if isinstance(leaf, str) else ""
        name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        named = leaf not in (None, "") and NAMES.search(name) and name not in KNOWN_NAMES
        if looks or named:
            reason = f"looks like {looks}" if looks else "by its name"
            yield Problem(
                where,
                f"holds a secret in plain text ({reason}); allowed is only an encrypted value: take it out, "
                "keep it in the Barbican secret that openstack.keys_secret names "
                "(or encrypt it by `pulumi config set --path --secret`), and change it if it was ever pushed",
            )
