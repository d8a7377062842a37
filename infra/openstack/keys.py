"""The OpenStack site's keys: from Barbican into the OpenStack cluster, past everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s
import pulumi_openstack as openstack

from infra.settings.openstack import ThrowAwayKeys
from isthmus.errors import IsthmusError

SECRET_NAME = "isthmus-keys"  # noqa: S105 - the name of a Secret, not one
FIELDS: Mapping[str, str] = {
    "pseudonym": "PSEUDONYM_KEY",
    "signing": "SIGNING_KEY",
    "orders_access_key_id": "ORDERS_ACCESS_KEY_ID",
    "orders_secret_access_key": "ORDERS_SECRET_ACCESS_KEY",
}
"""Fields of the Barbican secret's JSON, and the keys of the Kubernetes Secret that they become."""


PLACEHOLDER = "placeholder"
"""How a payload begins that nobody could open (a rehearsal's preview of a cloud's stack)."""


class KeysError(IsthmusError, pulumi.RunError):
    """The Barbican secret is not what the estate needs; the message never holds its content."""


def fields(payload: str, secret: str, *, preview: bool = False) -> dict[str, str]:
    """Read the Barbican payload into the keys of the Kubernetes Secret.

    A preview without credentials gets a placeholder in place of the payload, which stands for every field;
    an update refuses it.

    Raises:
        KeysError: no JSON object, or a field is missing or no text.
    """
    if preview and payload.startswith(PLACEHOLDER):
        return dict.fromkeys(FIELDS.values(), payload)
    how = f"store a JSON object with {', '.join(FIELDS)} in it (openstack secret store --name {secret})"
    try:
        stored = json.loads(payload)
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        raise KeysError(f"openstack.keys_secret: the payload of {secret!r} is no JSON object; {how}.")
    missing = [field for field in FIELDS if not isinstance(stored.get(field), str) or not stored[field]]
    if missing:
        raise KeysError(f"openstack.keys_secret: {secret!r} has no {', '.join(missing)}; {how}.")
    return {key: stored[field] for field, key in FIELDS.items()}


class Keys(pulumi.ComponentResource):
    """The Kubernetes Secret ``isthmus-keys`` of the OpenStack cluster.

    Its values are read from the Barbican secret and stay secret in the state. ``throw_away`` takes their
    place in a rehearsal, which has no keys worth keeping. ``opts.providers`` must hold the OpenStack
    cloud's and the OpenStack cluster's providers.
    """

    secret_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        barbican_secret: str,
        namespace: pulumi.Input[str],
        labels: Mapping[str, str],
        throw_away: ThrowAwayKeys | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:Keys", name, None, opts)
        if throw_away is not None:
            stored = pulumi.Output.from_input(
                {
                    "PSEUDONYM_KEY": throw_away.pseudonym_key,
                    "SIGNING_KEY": throw_away.signing_key,
                    "ORDERS_ACCESS_KEY_ID": throw_away.orders_access_key_id,
                    "ORDERS_SECRET_ACCESS_KEY": throw_away.orders_secret_access_key,
                }
            )
        else:
            barbican = openstack.keymanager.get_secret_output(
                name=barbican_secret, opts=pulumi.InvokeOutputOptions(parent=self)
            )
            payload: pulumi.Output[str] = pulumi.Output.secret(barbican.payload)
            stored = payload.apply(
                lambda text: fields(text, barbican_secret, preview=pulumi.runtime.is_dry_run())
            )
        hidden: pulumi.Output[dict[str, str]] = pulumi.Output.secret(stored)
        secret = k8s.core.v1.Secret(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=SECRET_NAME, namespace=namespace, labels=dict(labels)),
            type="Opaque",
            string_data=hidden,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.secret_name = secret.metadata.name
        self.register_outputs({"secretName": self.secret_name})


__all__ = ["FIELDS", "SECRET_NAME", "Keys", "KeysError", "fields"]
