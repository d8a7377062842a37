"""The keys of one control plane: made once, kept in its folder, worth nothing outside it."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.engine.files import write_text

ADMIN: Final = ("isthmus", "system:masters")
"""Who a person is: name and group, as certificates tell them to the API server."""

API_SERVER: Final = ("kube-apiserver-kubelet-client", "")
"""Who the API server is where it asks a node for the log of a pod."""

_VALID: Final = datetime.timedelta(days=3650)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM files."""

    certificate: Path
    key: Path

    def exists(self) -> bool:
        return self.certificate.exists() and self.key.exists()


@dataclass(frozen=True)
class Keys:
    """All keys of one control plane."""

    folder: Path

    @property
    def authority(self) -> Pair:
        """Signs every certificate here, and those that the cluster is asked for."""
        return self._pair("ca")

    @property
    def serving(self) -> Pair:
        """The API server's."""
        return self._pair("serving")

    @property
    def node(self) -> Pair:
        """The node's, which serves the logs of its pods."""
        return self._pair("node")

    @property
    def service_accounts(self) -> Pair:
        """Signs the tokens of pods; the first file is the public key."""
        return Pair(self.folder / "service-accounts.pub", self.folder / "service-accounts.key")

    def client(self, name: str) -> Pair:
        """Of whoever asks the API server."""
        return self._pair(f"client-{name}".replace(":", "-"))

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")


def ensure(folder: Path, clients: Sequence[tuple[str, str]], addresses: Sequence[str]) -> Keys:
    """Make whatever is missing.

    Args:
        folder: of the keys; nobody else may read it.
        clients: name and group of each who asks the API server.
        addresses: IP addresses that the API server and the node are asked at.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = Keys(folder)
    if not keys.authority.exists():
        _write(keys.authority, *_authority())
    signer = x509.load_pem_x509_certificate(keys.authority.certificate.read_bytes())
    signing = serialization.load_pem_private_key(keys.authority.key.read_bytes(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)  # noqa: S101 - made above
    if not keys.serving.exists():
        names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("kubernetes.default.svc")]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        _write(keys.serving, *_signed(signer, signing, ("kube-apiserver", ""), names))
    if not keys.node.exists():
        at: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
        _write(keys.node, *_signed(signer, signing, ("node", ""), at))
    for name, group in clients:
        if not keys.client(name).exists():
            _write(keys.client(name), *_signed(signer, signing, (name, group), []))
    if not keys.service_accounts.exists():
        # RSA, as clouds' token services want the keys of an OIDC issuer.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        _write(keys.service_accounts, public, _pem(key))
    return keys


def _authority() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rehearsal")])
    made = _begun(name, name, key).add_extension(x509.BasicConstraints(True, None), critical=True)
    made = made.add_extension(_usage(authority=True), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _pem(key)


def _signed(
    signer: x509.Certificate,
    signing: CertificateIssuerPrivateKeyTypes,
    who: tuple[str, str],
    names: Sequence[x509.GeneralName],
) -> tuple[bytes, bytes]:
    """A server's certificate where it has names, else a client's."""
    key = ec.generate_private_key(ec.SECP256R1())
    common, group = who
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    made = _begun(x509.Name(parts), signer.subject, key).add_extension(_usage(authority=False), critical=True)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    # Python's verification wants to be told which key signed.
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())  # type: ignore[arg-type]
    made = made.add_extension(by, critical=False)
    return made.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _pem(key)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that is set back a little must not refuse them.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(pair: Pair, certificate: bytes, key: bytes) -> None:
    write_text(pair.key, key.decode(), 0o600)
    write_text(pair.certificate, certificate.decode())
