"""The tunnels' pre-shared keys of one's own: what they are called in both secret stores, and what one is.

The names carry the generation, so that a key is written once and never changed, and a stack file says
which of them stands.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Sequence
from typing import Final

from infra.naming import Naming

LENGTH: Final = 48
VALID: Final = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
"""EC2 API reference, VpnTunnelOptionsSpecification, PreSharedKey: 8 to 64 letters, digits, dots and
underscores, not beginning with 0
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html; as the
provider's own documentation repeats it in pulumi-aws 7.51.1, ``tunnel1_preshared_key``; read 2026-11-28)."""


def names(naming: Naming, generations: Sequence[int]) -> tuple[str, ...]:
    """What the key of each tunnel is called in both stores, e.g. ``isthmus-prod-link-3-key-2``."""
    return tuple(
        naming.name(f"link-{tunnel}-key-{generation}")
        for tunnel, generation in enumerate(generations, start=1)
    )


def outdated(naming: Naming, generations: Sequence[int]) -> tuple[str, ...]:
    """The names of all keys before the last two of each tunnel: the last but one may stand until an up."""
    return tuple(
        naming.name(f"link-{tunnel}-key-{before}")
        for tunnel, generation in enumerate(generations, start=1)
        for before in range(1, generation - 1)
    )


def new_key() -> str:
    """A key of 285 random bits, that both halves take."""
    rest = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH - 1))
    return secrets.choice(string.ascii_letters) + rest


__all__ = ["VALID", "names", "new_key", "outdated"]
