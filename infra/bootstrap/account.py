"""The account's own part: bucket and key of the state, the trail, the bill's tags, and CI's roles."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from infra.aws.keys import DELETION_WINDOW_DAYS, owner_statement
from infra.aws.object_store import Lifecycle, PrivateBucket
from infra.bootstrap.ci import CiRoles
from infra.bootstrap.cost_tags import activate
from infra.bootstrap.trail import Trail, untouched
from infra.naming import Naming
from infra.settings.aws import AwsSettings
from infra.settings.deploy import DeploySettings

STATES_DAYS: Final = 400
"""How long a state that was overwritten can be gone back to."""
LOGS_DAYS: Final = 365
"""How long it is known who read the state."""


class Account(pulumi.ComponentResource):
    """Bucket, key, trail and roles; what holds something is protected.

    The bucket needs no table beside it: Pulumi's own backend locks by an object in it
    (https://www.pulumi.com/docs/iac/guides/basics/using-a-diy-backend/; 2026-11-28).
    """

    exports: dict[str, object]
    """What the shell and the stack file need to know."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: AwsSettings,
        deploy: DeploySettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:bootstrap:Account", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            naming.name("state"),
            description=f"State of the stack and its secrets ({naming.stack})",
            tags={"Name": naming.name("state")},
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=pulumi.Output.json_dumps(
                {"Version": "2012-10-17", "Statement": [owner_statement(settings.account_id)]}
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        alias = aws.kms.Alias(
            naming.name("state"),
            name=f"alias/isthmus-{naming.stack}",
            target_key_id=key.key_id,
            opts=child,
        )
        logs = PrivateBucket(
            naming.name("state-logs"),
            bucket_name=naming.bucket(settings.account_id, "state-logs"),
            account_id=settings.account_id,
            lifecycle=Lifecycle(superseded_days=LOGS_DAYS, expire_days=LOGS_DAYS),
            kms_key_arn=None,
            logs=None,
            receives_logs=True,
            opts=child,
        )
        bucket = PrivateBucket(
            naming.name("state"),
            bucket_name=naming.bucket(settings.account_id, "state"),
            account_id=settings.account_id,
            lifecycle=Lifecycle(superseded_days=STATES_DAYS),
            kms_key_arn=key.arn,
            logs=logs,
            opts=child,
        )
        self.exports = {
            "backend": pulumi.Output.concat("s3://", bucket.bucket, f"?region={settings.region}"),
            "secretsprovider": pulumi.Output.concat("awskms://", alias.name, f"?region={settings.region}"),
        }
        if deploy.trail:
            Trail(f"{name}-trail", naming=naming, settings=settings, logs=logs, opts=child)
        if deploy.cost_tags:
            activate(f"{name}-tag", naming, self)
        if deploy.ci is not None:
            roles = CiRoles(
                f"{name}-ci",
                stack=naming.stack,
                account_id=settings.account_id,
                ci=deploy.ci,
                state_bucket_arn=bucket.arn,
                state_key_arn=key.arn,
                denied=untouched(naming, settings.region, settings.account_id) if deploy.trail else [],
                opts=child,
            )
            self.exports |= {"preview": roles.preview_arn, "deploy": roles.deploy_arn}
        self.register_outputs(self.exports)


__all__ = ["Account"]
