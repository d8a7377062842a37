"""Barbican secrets, Keystone credentials, Nova key pairs and flavours."""

from __future__ import annotations

import hashlib
import secrets as random
from datetime import UTC, datetime
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)
from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SENSITIVE,
    SET,
    Arguments,
    Flag,
    Labels,
    Name,
    Real,
    Text,
    Texts,
    Timestamp,
    Whole,
    between,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import (
    PROJECT_ID,
    USER_ID,
    OpenStackType,
    Situation,
    now,
    refuse,
    region,
)
from rehearsal.plugins.openstack.tokens import (
    APPLICATION_CREDENTIAL,
    EC2_CREDENTIAL,
    FLAVOR,
    KEYPAIR,
    SECRET,
)


class AclRead(Arguments):
    """Who may read a secret."""

    created_at: Text | None = None
    project_access: Flag | None = None
    updated_at: Text | None = None
    users: Texts | None = None


class Acl(Arguments):
    """Access to a secret."""

    read: Annotated[AclRead, MAYBE] | None = None


CONTENT_TYPES = one_of(
    "text/plain",
    "text/plain;charset=utf-8",
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "application/pkcs8",
)
SECRET_TYPES = one_of("symmetric", "public", "private", "passphrase", "certificate", "opaque")


class SecretArguments(Arguments):
    """Inputs of a Barbican secret."""

    acl: Annotated[Acl, MAYBE] | None = None
    algorithm: Annotated[Text | None, FORCES] = None
    bit_length: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    expiration: Annotated[Timestamp | None, FORCES] = None
    metadata: Labels | None = None
    mode: Annotated[Text | None, FORCES] = None
    name: Annotated[Name | None, FORCES] = None
    payload: Annotated[Text | None, FORCES, SENSITIVE] = None
    payload_content_encoding: Annotated[Annotated[Text, one_of("base64", "binary")] | None, FORCES] = None
    payload_content_type: Annotated[Annotated[Text, CONTENT_TYPES] | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    secret_type: Annotated[Annotated[Text, SECRET_TYPES] | None, FORCES] = None

    @model_validator(mode="after")
    def _payload_has_a_type(self) -> SecretArguments:
        if self.payload is not None and self.payload_content_type is None:
            raise ValueError("`payload` needs `payloadContentType`")
        if self.payload_content_encoding is not None and self.payload is None:
            raise ValueError("`payloadContentEncoding` needs `payload`")
        return self


def _not_expired(field: str) -> Any:
    def check(s: Situation) -> None:
        at = s.inputs.get(field)
        if at and s.entry is None and datetime.fromisoformat(at.replace("Z", "+00:00")) <= datetime.now(UTC):
            refuse(f"400: `{field}` {at} is in the past", field)

    return check


def _public_key(value: Any) -> Any:
    if isinstance(value, str):
        try:
            load_ssh_public_key(value.encode())
        except ValueError:
            raise ValueError("must be a public key in OpenSSH's format") from None
    return value


class KeypairArguments(Arguments):
    """Inputs of a key pair."""

    name: Annotated[Name | None, FORCES] = None
    public_key: Annotated[Annotated[Text, AfterValidator(_public_key)] | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    user_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class FlavorArguments(Arguments):
    """Inputs of a flavour: RAM and swap in MiB, disks in GiB."""

    disk: Annotated[Whole, between(0), FORCES]
    ram: Annotated[Whole, between(1), FORCES]
    vcpus: Annotated[Whole, between(1), FORCES]
    description: Text | None = None
    ephemeral: Annotated[Annotated[Whole, between(0)] | None, FORCES] = None
    extra_specs: Labels | None = None
    flavor_id: Annotated[Text | None, FORCES] = None
    is_public: Annotated[Flag | None, FORCES] = None
    name: Annotated[Name | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    rx_tx_factor: Annotated[Real | None, FORCES] = 1.0
    swap: Annotated[Annotated[Whole, between(0)] | None, FORCES] = None


class AccessRule(Arguments):
    """One call that an application credential allows."""

    method: Annotated[Text, one_of("POST", "GET", "HEAD", "PATCH", "PUT", "DELETE")]
    path: Text
    service: Text
    id: Text | None = None


class ApplicationCredentialArguments(Arguments):
    """Inputs of an application credential: none of them can be changed in place."""

    access_rules: Annotated[list[Annotated[AccessRule, MAYBE]] | None, FORCES, SET] = None
    description: Annotated[Name | None, FORCES] = None
    expires_at: Annotated[Timestamp | None, FORCES] = None
    name: Annotated[Name | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    roles: Annotated[Texts | None, FORCES, SET] = None
    secret: Annotated[Text | None, FORCES, SENSITIVE] = None
    unrestricted: Annotated[Flag | None, FORCES] = False


class Ec2CredentialArguments(Arguments):
    """Inputs of an EC2-style credential, which the S3 side of Swift takes."""

    project_id: Annotated[Text | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    user_id: Annotated[Text | None, FORCES] = None


def _name_is_free(type: str, noun: str) -> Any:
    def check(s: Situation) -> None:
        if any(e.inputs.get("name") == s.inputs.get("name") for e in s.others(type)):
            refuse(f"409: {noun} {s.inputs['name']!r} already exists", "name")

    return check


def _own_pair(s: Situation) -> dict[str, str]:
    """A throw-away Ed25519 pair, drawn from the name: the same for both outputs that show it."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"rehearsal key pair {s.id}".encode()).digest())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return {
        "private": private,
        "public": key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
    }


def _fingerprint(s: Situation) -> str:
    blob = (s.inputs.get("publicKey") or _own_pair(s)["public"]).split()[1]
    digest = hashlib.md5(blob.encode(), usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


ROWS = (
    OpenStackType(
        token=SECRET,
        noun="secret",
        service="Barbican",
        arguments=SecretArguments,
        computed={"algorithm": "", "bitLength": 0, "mode": "",
                  "secretType": "opaque", "creatorId": USER_ID, "region": region,
                  "secretRef": lambda s: f"http://127.0.0.1/rehearsal/key-manager/v1/secrets/{s.id}",
                  "createdAt": lambda _: now(), "status": "ACTIVE"},
        following={
            "allMetadata": lambda s: dict(s.inputs.get("metadata") or {}),
            "contentTypes": lambda s: (
                {"default": s.inputs["payloadContentType"]} if s.inputs.get("payload") else {}
            ),
            "updatedAt": lambda _: now(),
        },
        rules=(_not_expired("expiration"),),
        secret_outputs=frozenset({"payload"}),
    ),
    OpenStackType(
        token=KEYPAIR,
        noun="key pair",
        service="Nova",
        arguments=KeypairArguments,
        computed={"publicKey": lambda s: _own_pair(s)["public"], "fingerprint": _fingerprint,
                  "privateKey": lambda s: "" if s.inputs.get("publicKey") else _own_pair(s)["private"],
                  "region": region, "userId": USER_ID},
        rules=(_name_is_free(KEYPAIR, "key pair"),),
        identify=lambda i: str(i["name"]),
        secret_outputs=frozenset({"privateKey"}),
    ),
    OpenStackType(
        token=FLAVOR,
        noun="flavour",
        service="Nova",
        arguments=FlavorArguments,
        computed={"flavorId": lambda s: s.id, "region": region},
        rules=(_name_is_free(FLAVOR, "flavour"),),
    ),
    OpenStackType(
        token=APPLICATION_CREDENTIAL,
        noun="application credential",
        service="Keystone",
        arguments=ApplicationCredentialArguments,
        computed={"secret": lambda _: random.token_urlsafe(64), "roles": ["member"],
                  "projectId": PROJECT_ID, "region": region},
        rules=(_name_is_free(APPLICATION_CREDENTIAL, "application credential"), _not_expired("expiresAt")),
        secret_outputs=frozenset({"secret"}),
    ),
    OpenStackType(
        token=EC2_CREDENTIAL,
        noun="EC2 credential",
        service="Keystone",
        arguments=Ec2CredentialArguments,
        computed={"access": lambda s: s.id, "secret": lambda _: random.token_hex(16), "trustId": "",
                  "projectId": PROJECT_ID, "userId": USER_ID, "region": region},
        identify=lambda _: random.token_hex(16),
        secret_outputs=frozenset({"secret"}),
        named=False,
    ),
)  # fmt: skip
