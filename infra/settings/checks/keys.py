"""The keys of a rehearsal must be keys, and fit each other; elsewhere no file holds them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from infra.settings.checks.reach import LOCAL
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

PATH = "openstack.throw_away_keys"


def _public(signing: str) -> str | None:
    """The public half of a seed, both base64; None: the text is no seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        seed = base64.b64decode(signing, validate=True)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    except (ValueError, binascii.Error):
        return None
    return base64.b64encode(public.public_bytes_raw()).decode()


def keys(settings: Settings) -> Iterator[Problem]:
    """Problems with the throw-away keys; no key is shown."""
    throw_away = settings.openstack.throw_away_keys
    if throw_away is None or settings.stack != LOCAL:
        return  # elsewhere they are refused as a whole
    from training.errors import TrainingError
    from training.transfer.key_ring import LEAST_KEY_LENGTH, read_keys

    try:
        read_keys(throw_away.pseudonym_key)
    except TrainingError as error:
        reason = str(error).partition(";")[0].removeprefix("PSEUDONYM_KEY").lstrip(": ")
        yield Problem(
            f"{PATH}.pseudonym_key",
            f"{reason}; allowed is a text of {LEAST_KEY_LENGTH} characters or more, "
            "or a ring of them such as 2026-11:KEY,2026-05:KEY",
        )
    public = _public(throw_away.signing_key)
    if public is None:
        yield Problem(
            f"{PATH}.signing_key",
            "is no seed of an Ed25519 key; allowed is 32 bytes in base64, "
            "as `openssl rand -base64 32` makes them",
        )
        return
    training, serving = settings.training, settings.serving
    signs = training.enabled and serving.enabled and serving.release == "latest"
    if signs and serving.trusted_keys and public not in serving.trusted_keys:
        yield Problem(
            "serving.trusted_keys",
            f"does not hold {public}, the public half of {PATH}.signing_key, "
            "so that no release which this stack signs would be served: add it",
        )
