"""Nova: key pairs."""

from __future__ import annotations

from typing import Annotated, Any

from cryptography.hazmat.primitives.serialization import (
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
    OpenStackType,
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


ROWS = (
    OpenStackType(
        token=KEYPAIR,
        noun="key pair",
        service="Nova",
        arguments=KeypairArguments,
        outputs=frozenset({
            "publicKey", "fingerprint", "privateKey", "region", "userId",
        }),
        secret_outputs=frozenset({"privateKey"}),
    ),
)  # fmt: skip
