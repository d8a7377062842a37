"""The credentials that Magnum gives for a cluster: real certificates, for an address of this machine."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from rehearsal.control_plane import clusters
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties
from rehearsal.plugins.openstack.resource_type import Situation

LIFETIME = timedelta(days=5 * 365)


def api_address(s: Situation) -> str:
    """Where the cluster's control plane listens, if it has one.

    Else ``https://127.78.x.y:6443``: loopback, so that whoever uses it reaches this machine and no other.
    """
    return way_in(s.folder, s.inputs).get("apiAddress") or f"https://{_loopback(s.id, 78)}:6443"


def way_in(folder: Path | None, inputs: Properties) -> Properties:
    """The outputs of a cluster that lead to its control plane; {} where it has none.

    ``folder`` is the plugin's in the rehearsal home.
    """
    name = str(inputs["name"])
    real = clusters.access(Home(folder.parent), name) if folder is not None else None
    if real is None:
        return {}
    pems = [content.decode() for content in (real.authority, real.certificate, real.key)]
    return {"apiAddress": real.server, "kubeconfig": _of(name, real.server, *pems)}


def node_addresses(s: Situation, role: str, count: int) -> list[str]:
    """One loopback address per machine, stable by cluster, role and index."""
    return [_loopback(f"{s.id}/{role}/{index}", 79) for index in range(count)]


def _loopback(seed: str, second: int) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return f"127.{second}.{digest[0]}.{1 + digest[1] % 254}"


def kubeconfig(s: Situation) -> dict[str, str]:
    """The map of the provider's output ``kubeconfig``: ``raw_config`` is YAML whose cluster has the
    cluster's name. Its keys are Terraform's (snake case): Pulumi does not rename the keys of a plain map."""
    if real := way_in(s.folder, s.inputs):
        return dict(real["kubeconfig"])
    ca_key, ca = _certificate("kubernetes", None)
    key, certificate = _certificate("admin", (ca_key, ca))
    authority, client = (each.public_bytes(Encoding.PEM).decode() for each in (ca, certificate))
    return _of(str(s.inputs["name"]), api_address(s), authority, client, _pem(key))


def signed(name: str, host: str, authority: str, sign: Callable[[str], str]) -> dict[str, str]:
    """The same map, where the cluster's own authority signs: ``sign`` takes a request in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = ((NameOID.ORGANIZATION_NAME, "system:masters"), (NameOID.COMMON_NAME, "admin"))
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return _of(name, host, authority, sign(request.public_bytes(Encoding.PEM).decode()), _pem(key))


def _of(name: str, host: str, authority: str, client: str, key: str) -> dict[str, str]:
    pem = {
        "cluster_ca_certificate": authority,
        "client_certificate": client,
        "client_key": key,
    }
    encoded = {field: base64.b64encode(text.encode()).decode() for field, text in pem.items()}
    user = f"{name}-admin"
    raw = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {"certificate-authority-data": encoded["cluster_ca_certificate"], "server": host},
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": encoded["client_certificate"],
                    "client-key-data": encoded["client_key"],
                },
            }
        ],
    }
    return {"raw_config": yaml.safe_dump(raw, sort_keys=False), "host": host, **pem}


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate(
    name: str, issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A P-256 key and its certificate: an authority's where there is no issuer, else a client's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())
