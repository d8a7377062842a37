"""Ed25519 signatures of releases: made in the private site, checked before anything is served.

What is signed is a domain line, the digest and the time, so that a signature of this project can never be
taken for one of something else, nor its time be changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from isthmus.atomic_files import atomic_write
from training.release.errors import SignatureRefused
from training.release.manifest import Digest, Part

SIGNATURE = "signature.json"
DOMAIN = b"isthmus release signature, version 1\n"


class Signature(Part):
    """``signature.json``: who signed which digest, and when (UTC, ISO 8601, seconds)."""

    digest: Digest
    keyid: str
    signed_at: str
    signature: str

    def to_bytes(self) -> bytes:
        return self.model_dump_json(indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, raw: bytes) -> Signature:
        """Parse ``signature.json``; SignatureRefused when it is not one."""
        try:
            return cls.model_validate_json(raw)
        except ValidationError:
            raise SignatureRefused(
                f"{SIGNATURE} is not a signature of a release; validate the release again"
            ) from None


def new_key() -> str:
    """A new private key: base64 of its 32-byte seed. It stays in the private site."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key(private: str) -> str:
    """The public half of a private key (both base64), as ``serving.trusted_keys`` lists it."""
    return base64.b64encode(_private(private).public_key().public_bytes_raw()).decode()


def keyid(public: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def sign(digest: str, private: str, at: datetime | None = None, domain: bytes = DOMAIN) -> Signature:
    """Sign a digest with a private key (base64 seed); SignatureRefused when the key is not one."""
    key = _private(private)
    signed_at = (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Signature(
        digest=digest,
        keyid=keyid(public_key(private)),
        signed_at=signed_at,
        signature=base64.b64encode(key.sign(_message(digest, signed_at, domain))).decode(),
    )


def verify_signature(
    signature: Signature, digest: str, trusted: Iterable[str], domain: bytes = DOMAIN
) -> str:
    """Check that a trusted key (base64 public keys) signed this digest of a release, or of another domain.

    Raises:
        SignatureRefused: when the signature is of another digest, by another key, or false.
    """
    if signature.digest != digest:
        raise SignatureRefused(f"{SIGNATURE} is for {signature.digest}, and not for {digest}")
    keys = [key.strip() for key in trusted if key.strip()]
    for public in keys:
        try:
            raw, signed = base64.b64decode(public, validate=True), base64.b64decode(signature.signature)
            key = Ed25519PublicKey.from_public_bytes(raw)
        except (ValueError, binascii.Error):
            continue
        if keyid(public) != signature.keyid:
            continue
        try:
            key.verify(signed, _message(digest, signature.signed_at, domain))
        except InvalidSignature:
            raise SignatureRefused(
                f"{SIGNATURE} is false for {digest}: the trusted key {signature.keyid} did not make it"
            ) from None
        return public
    known = ", ".join(keyid_or_text(key) for key in keys) or "none"
    raise SignatureRefused(
        f"{SIGNATURE} of {digest} is by key {signature.keyid}, which is not trusted here (trusted: {known})"
    )


def keyid_or_text(public: str) -> str:
    """A key's id, or the text itself (shortened) when it is no base64 public key."""
    try:
        return keyid(public)
    except (ValueError, binascii.Error):
        return f"{public[:12]!r} (not base64)"


def write_signature(directory: Path, signature: Signature) -> None:
    """Put ``signature.json`` into a release directory."""
    atomic_write(directory / SIGNATURE, signature.to_bytes())


def read_signature(directory: Path) -> Signature:
    """Read ``signature.json`` of a release directory; SignatureRefused when there is none."""
    try:
        raw = (directory / SIGNATURE).read_bytes()
    except FileNotFoundError:
        raise SignatureRefused(
            f"{directory} has no {SIGNATURE}: the release was not validated; run the validation job"
        ) from None
    return Signature.from_bytes(raw)


def _message(digest: str, signed_at: str, domain: bytes) -> bytes:
    return domain + f"{digest}\n{signed_at}\n".encode()


def _private(private: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private, validate=True))
    except (ValueError, binascii.Error):
        raise SignatureRefused(
            "the signing key is not the base64 of a 32-byte Ed25519 seed; make one with "
            "training.release.new_key()"
        ) from None
