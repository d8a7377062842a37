"""The moto server's process: ``python -m rehearsal.plugins.aws.moto_process -H HOST -p PORT``.

moto denies every request that meets a bucket policy with a condition, for it takes any condition as failed: a
bucket that refuses plain HTTP would refuse everything. Here a statement with a condition has no say, neither
to allow nor to deny. So a rehearsal keeps such policies and shows them, and does not enforce them.

It gives any token any role: here STS verifies tokens first (``web_identity``).

And moto 5.2.5 fails when a key with a delete marker is removed from a bucket whose versioning was suspended:
it closes the content of every version, and a marker has none to close.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.models import iam_backends
from moto.s3.models import FakeDeleteMarker
from moto.server import main
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

from rehearsal.home import Home
from rehearsal.plugins.aws import web_identity


def without_conditions(is_match: Any) -> Any:
    """Wrap ``IAMPolicyStatement.is_action_permitted``: a conditional statement is neutral."""

    def is_match_without(statement: Any, *arguments: Any, **named: Any) -> Any:
        if statement._statement.get("Condition"):
            return PermissionResult.NEUTRAL
        return is_match(statement, *arguments, **named)

    return is_match_without


def verified(assume: Callable[[TokenResponse], Any], home: Home) -> Callable[[TokenResponse], Any]:
    """Wrap ``TokenResponse.assume_role_with_web_identity``: a token that AWS would refuse takes no role."""

    def assume_verified(asked: TokenResponse) -> Any:
        account = iam_backends[asked.current_account][asked.partition]
        arn = asked._get_param("RoleArn")
        role = next((one for one in account.roles.values() if one.arn == arn), None)
        try:
            web_identity.check(
                asked._get_param("WebIdentityToken"),
                providers={one.arn: one.client_id_list for one in account.open_id_providers.values()},
                trust=json.loads(role.assume_role_policy_document) if role else {},
                keys_of=lambda issuer: web_identity.keys(home, issuer),
            )
        except web_identity.Rejected as rejected:
            raise STSClientError(rejected.code, str(rejected)) from None
        return assume(asked)

    return assume_verified


if __name__ == "__main__":
    IAMPolicyStatement.is_action_permitted = without_conditions(  # type: ignore[method-assign]
        IAMPolicyStatement.is_action_permitted
    )
    if not hasattr(FakeDeleteMarker, "dispose"):
        FakeDeleteMarker.dispose = lambda _marker: None  # type: ignore[attr-defined]
    # The server runs in the folder of the home that it stands in for AWS in (``moto_server``).
    TokenResponse.assume_role_with_web_identity = verified(  # type: ignore[method-assign,assignment]
        TokenResponse.assume_role_with_web_identity, Home(Path.cwd().parent)
    )
    main()
