"""Nova: key pairs."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)
from pydantic import AfterValidator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    Arguments,
    Labels,
    Name,
    Text,
)
from rehearsal.plugins.openstack.resource_type import (
    USER_ID,
    OpenStackType,
    Situation,
    refuse,
    region,
)
from rehearsal.plugins.openstack.tokens import (
    KEYPAIR,
)


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


def _name_is_free(s: Situation) -> None:
    if any(e.inputs.get("name") == s.inputs.get("name") for e in s.others(KEYPAIR)):
        refuse(f"409: key pair {s.inputs['name']!r} already exists", "name")


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
        token=KEYPAIR,
        noun="key pair",
        service="Nova",
        arguments=KeypairArguments,
        computed={"publicKey": lambda s: _own_pair(s)["public"], "fingerprint": _fingerprint,
                  "privateKey": lambda s: "" if s.inputs.get("publicKey") else _own_pair(s)["private"],
                  "region": region, "userId": USER_ID},
        rules=(_name_is_free,),
        identify=lambda i: str(i["name"]),
        secret_outputs=frozenset({"privateKey"}),
    ),
)  # fmt: skip
