"""The credentials that Magnum gives for a cluster: real certificates, for an address of this machine."""

from __future__ import annotations

import base64
from collections.abc import Callable

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from rehearsal.control_plane import clusters
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties


def way_in(home: Home, name: str) -> Properties:
    """The outputs of a cluster that lead to its control plane; {} where it has none."""
    real = clusters.access(home, name)
    if real is None:
        return {}
    pems = [content.decode() for content in (real.authority, real.certificate, real.key)]
    return {"apiAddress": real.server, "kubeconfig": _of(name, real.server, *pems)}


def signed(name: str, host: str, authority: str, sign: Callable[[str], str]) -> dict[str, str]:
    """The map of the provider's output ``kubeconfig``; ``sign`` has a request in PEM signed by Magnum.

    ``raw_config`` is YAML whose cluster has the cluster's name. The keys are Terraform's (snake case): Pulumi
    does not rename the keys of a plain map.
    """
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
