"""Whether a token of a cluster opens a role: what STS asks of it in AssumeRoleWithWebIdentity, asked here.

moto gives any token any role. Codes and meanings: https://docs.aws.amazon.com/STS/latest/APIReference/
API_AssumeRoleWithWebIdentity.html, "Errors"; sentences as users quote them (aws-actions/
configure-aws-credentials issues 280 and 775, mozilla-iam/mozilla-aws-cli issue 127). Looked up on 2026-11-28.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from isthmus.errors import IsthmusError
from rehearsal.control_plane import running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.control_plane.of_home import control_planes
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties

ACTION: Final = "sts:AssumeRoleWithWebIdentity"


class Rejected(IsthmusError):
    """STS refuses the token; ``code`` is the API's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def keys(home: Home, issuer: str) -> Properties | None:
    """The keys of the cluster that signs as this issuer, by its API server; None for no cluster."""
    for plane in control_planes(home):
        if issuer in (plane.issuer, running.url(plane)):
            try:
                with Api(plane, running.url(plane)) as api:
                    return api.signing_keys()
            except (ApiRefused, ControlPlaneError):
                return None
    return None


def check(
    token: str,
    *,
    providers: Mapping[str, list[str]],
    trust: Mapping[str, Any],
    keys_of: Callable[[str], Properties | None],
) -> None:
    """Raise Rejected unless the token may take the role.

    ``providers``: the account's OIDC providers by ARN, with their audiences. ``trust``: the role's policy.
    """
    try:
        signed = jws.extract_compact(token.encode())
        claims = json.loads(signed.payload)
        issuer, audiences = str(claims["iss"]), claims["aud"]
    except (JoseError, ValueError, KeyError, TypeError):
        raise Rejected("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None
    host = issuer.removeprefix("https://")
    provider = next((arn for arn in providers if arn.partition(":oidc-provider/")[2] == host), None)
    if provider is None:
        said = f"No OpenIDConnect provider found in your account for {issuer}"
        raise Rejected("InvalidIdentityToken", said)
    found = keys_of(issuer)
    if found is None:
        said = "Couldn't retrieve verification key from your identity provider"
        raise Rejected("InvalidIdentityToken", said)
    try:
        jws.deserialize_compact(
            token, KeySet.import_key_set(cast(KeySetSerialization, found)), algorithms=["RS256"]
        )
    except (JoseError, ValueError):
        raise Rejected("InvalidIdentityToken", "The signature of the token is not its issuer's.") from None
    if claims.get("exp", 0) <= time.time():
        raise Rejected("ExpiredTokenException", f"Token expired: current date/time {time.time():.0f}")
    audiences = audiences if isinstance(audiences, list) else [audiences]
    audience = next((one for one in audiences if one in providers[provider]), None)
    if audience is None:
        raise Rejected("InvalidIdentityToken", "Incorrect token audience")
    known = {f"{host}:aud": audience, f"{host}:sub": str(claims.get("sub", ""))}
    if not any(_admits(one, provider, known) for one in _several(trust.get("Statement"))):
        raise Rejected("AccessDenied", f"Not authorized to perform {ACTION}")


def _admits(statement: Mapping[str, Any], provider: str, known: Mapping[str, str]) -> bool:
    principal = statement.get("Principal")
    federated = principal.get("Federated") if isinstance(principal, Mapping) else None
    if statement.get("Effect") != "Allow" or ACTION not in _several(statement.get("Action")):
        return False
    if provider not in _several(federated):
        return False
    return all(
        any(_holds(operator, known.get(key, ""), wanted) for wanted in _several(values))
        for operator, asked in (statement.get("Condition") or {}).items()
        for key, values in asked.items()
    )


def _holds(operator: str, value: str, wanted: str) -> bool:
    if operator == "StringLike":
        return fnmatchcase(value, wanted)
    # Of what else a policy may ask nothing is known here, and so it does not hold.
    return operator == "StringEquals" and value == wanted


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


__all__ = ["ACTION", "Rejected", "check", "keys"]
