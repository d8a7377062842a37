"""Serving: which release, on which sites."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from infra.settings.autoscaling import Autoscaling
from infra.settings.front import ServingFrontSettings
from infra.settings.rollout import Rollout
from isthmus.settings.annotations import Allowed, Unit, refuse
from isthmus.settings.quantities import Name
from isthmus.settings.section import Section

Site = Literal["aws", "openstack"]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""A release's name: the SHA-256 of its canonical manifest."""


def _release(value: Any) -> str:
    if value == "latest" or (isinstance(value, str) and DIGEST.fullmatch(value)):
        return str(value)
    raise refuse(
        'allowed is "latest" or "sha256:" and 64 lower-case hexadecimal digits: '
        "`isthmus release list` shows the digests"
    )


def _public_key(value: Any) -> str:
    try:
        if isinstance(value, str) and value.isascii() and len(base64.b64decode(value, validate=True)) == 32:
            return value
    except (binascii.Error, ValueError):
        pass
    raise refuse("allowed is an Ed25519 public key: 32 bytes in base64")


Release = Annotated[
    str,
    BeforeValidator(_release),
    Field(json_schema_extra={"pattern": "^(latest|sha256:[0-9a-f]{64})$"}),
    Allowed("latest, or sha256: and 64 lower-case hexadecimal digits"),
]
PublicKey = Annotated[
    str,
    BeforeValidator(_public_key),
    Field(json_schema_extra={"pattern": "^[A-Za-z0-9+/]{43}=$"}),
    Allowed("an Ed25519 public key: 32 bytes in base64"),
]


MOST = 99
"""A namespace has a quota of 100 pods (``infra.in_cluster.namespaces``); a new release needs one more."""


def _not_none(value: Any) -> Any:
    if value == 0 and not isinstance(value, bool):
        raise refuse(
            "without a server nothing holds a first question until there is one, and the queue, which would "
            f"call for one, is the servers' own: allowed is a whole number from 1 to {MOST}; leave a site "
            "that is to have none out of serving.sites"
        )
    return value


class Replicas(Section):
    """How many Triton servers each site runs."""

    min: Annotated[int, BeforeValidator(_not_none), Unit("replicas"), Field(ge=1, le=MOST)] = 1
    """Fewest replicas on each site."""
    max: Annotated[int, Unit("replicas"), Field(ge=1, le=MOST)] = 2
    """Most replicas on each site; in a GPU pool fewer than its nodes, as a rollout begins with one more."""


class ServingSettings(Section):
    """The recommendation service."""

    enabled: bool = False
    """Whether the estate serves."""
    sites: Annotated[tuple[Site, ...], Field(min_length=1, max_length=2)] = ("aws",)
    """Sites that answer; each lives when the link is down."""
    release: Release = "latest"
    """The release to serve: the newest signed one, or one pinned by its digest."""
    replicas: Replicas = Replicas()
    """Triton servers on each site."""
    autoscaling: Autoscaling = Autoscaling()
    """By what their number moves."""
    rollout: Rollout = Rollout()
    """How a new release comes into service."""
    pool: Name | None = None
    """GPU pool to serve from, by the same name on every site; absent: the CPUs of the other nodes."""
    trusted_keys: tuple[PublicKey, ...] = ()
    """Public keys of validations; a release without a signature by one of them is not served."""
    front: ServingFrontSettings = ServingFrontSettings()
    """Fronts that applications ask by HTTP."""
