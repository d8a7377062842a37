"""The moto server's process: ``python -m rehearsal.plugins.aws.moto_process -H HOST -p PORT``.

moto denies every request that meets a bucket policy with a condition, for it takes any condition as failed: a
bucket that refuses plain HTTP would refuse everything. Here a statement with a condition has no say, neither
to allow nor to deny. So a rehearsal keeps such policies and shows them, and does not enforce them.

And moto 5.2.5 fails when a key with a delete marker is removed from a bucket whose versioning was suspended:
it closes the content of every version, and a marker has none to close.
"""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import FakeDeleteMarker
from moto.server import main


def without_conditions(is_match: Any) -> Any:
    """Wrap ``IAMPolicyStatement.is_action_permitted``: a conditional statement is neutral."""

    def is_match_without(statement: Any, *arguments: Any, **named: Any) -> Any:
        if statement._statement.get("Condition"):
            return PermissionResult.NEUTRAL
        return is_match(statement, *arguments, **named)

    return is_match_without


if __name__ == "__main__":
    IAMPolicyStatement.is_action_permitted = without_conditions(  # type: ignore[method-assign]
        IAMPolicyStatement.is_action_permitted
    )
    if not hasattr(FakeDeleteMarker, "dispose"):
        FakeDeleteMarker.dispose = lambda _marker: None  # type: ignore[attr-defined]
    main()
