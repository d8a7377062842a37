"""What a cloud has before the estate: external networks, images, flavours. Any name is taken as declared.

A rehearsal knows no list of them, so it answers for every name, with an id that is a function of the name
and can be recognised again without any record: previews need no set-up, and an image's id in the place of a
network's is still refused.
"""

from __future__ import annotations

import hashlib
import uuid


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(("isthmus rehearsal", *parts)).encode()).hexdigest()


def catalogue_id(kind: str, name: str) -> str:
    """The UUID of the pre-existing ``kind`` (network, image, flavor) called ``name``."""
    front = _digest(kind, name)[:16]
    return str(uuid.UUID(front + _digest(kind, front)[:16]))


def is_catalogued(kind: str, id: str) -> bool:
    """Whether ``id`` is one that ``catalogue_id`` gave out for this kind."""
    plain = id.replace("-", "")
    return len(plain) == 32 and plain[16:] == _digest(kind, plain[:16])[:16]
