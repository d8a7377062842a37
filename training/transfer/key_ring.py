"""The keys of pseudonyms: one, or several with ids of which the first is the current one.

PSEUDONYM_KEY is a plain key, or ``2026-11:KEY,2026-05:KEY``, or the same as JSON
(``{"2026-11": "KEY", "2026-05": "KEY"}``). A rotation puts a new key in front: the next transfer makes every
pseudonym anew and takes away what was made with the old key, which stays in the ring for as long as old
pseudonyms must be resolved.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

from training.errors import TrainingError

LEAST_KEY_LENGTH = 16
"""Fewest characters of a key; a shorter one could be found by trying."""
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,31}):([^,]+)")


@dataclass(frozen=True)
class NamedKey:
    """A key and the id by which manifests name it."""

    id: str
    secret: bytes = field(repr=False)


def read_keys(text: str) -> tuple[NamedKey, ...]:
    """Read PSEUDONYM_KEY, the current key first.

    A plain key is named by eight hexadecimal digits of an HMAC made with it, which tell no more of it than
    a pseudonym does.

    Raises:
        TrainingError: a key is too short or there twice, or the JSON is no object of texts; no key is shown.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        named = _from_json(stripped)
    elif all(_NAMED.fullmatch(each.strip()) for each in stripped.split(",")):
        named = [
            (found[1], found[2])
            for each in stripped.split(",")
            if (found := _NAMED.fullmatch(each.strip())) is not None
        ]
    else:
        named = [("", text)]
    keys = tuple(NamedKey(name or _fingerprint(key), key.encode()) for name, key in named)
    for (name, key), ring_key in zip(named, keys, strict=True):
        if len(key) < LEAST_KEY_LENGTH:
            which = f"PSEUDONYM_KEY: the key {ring_key.id}" if name else "PSEUDONYM_KEY"
            raise TrainingError(
                f"{which} has {len(key)} characters, but needs at least {LEAST_KEY_LENGTH}; "
                "put a random one into the secret isthmus-keys"
            )
    for what, count in (("id", len({key.id for key in keys})), ("key", len({key.secret for key in keys}))):
        if count < len(keys):
            raise TrainingError(
                f"PSEUDONYM_KEY holds the same {what} twice; give each key of the ring an id of its own"
            )
    return keys


def _from_json(text: str) -> list[tuple[str, str]]:
    try:
        ring = json.loads(text, object_pairs_hook=list)
    except ValueError:
        ring = None
    if (
        not isinstance(ring, list)
        or not ring
        or not all(isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,32}", name) for name, key in ring)
    ):
        raise TrainingError(
            'PSEUDONYM_KEY begins as JSON, but is no object such as {"2026-11": "KEY", "2026-05": "KEY"} '
            "(ids of up to 32 letters, digits, points and dashes); mend the secret isthmus-keys"
        )
    return ring


def _fingerprint(key: str) -> str:
    return hmac.new(key.encode(), b"isthmus key id", hashlib.sha256).hexdigest()[:8]
