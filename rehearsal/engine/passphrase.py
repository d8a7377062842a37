"""The engine's passphrase encryption, as far as a placeholder in a stack file needs it.

The format is the engine's own (sdk/go/common/resource/config/crypt.go, 3.259.0): AES-256-GCM under
PBKDF2-SHA256 of the passphrase, 1,000,000 rounds; values read ``v1:<nonce>:<ciphertext>`` in base64.
"""

from __future__ import annotations

import base64
import os
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

_ROUNDS = 1_000_000
_KEY_BYTES = 32
_NONCE_BYTES = 12
# What the engine encrypts beside a salt, to tell a wrong passphrase.
_PROOF = "pulumi"


class Cipher:
    """Encrypts for one passphrase and salt; making one takes half a second, by design of the format."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        self._salt = salt
        self._key = AESGCM(_key(passphrase, salt))

    @property
    def encryptionsalt(self) -> str:
        """The line that a stack file with values of this cipher needs."""
        return f"v1:{base64.b64encode(self._salt).decode()}:{self.encrypt(_PROOF)}"

    def encrypt(self, text: str) -> str:
        """A value for ``secure:``."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._key.encrypt(nonce, text.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


@cache
def _key(passphrase: str, salt: bytes) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), _KEY_BYTES, salt, _ROUNDS).derive(passphrase.encode())
