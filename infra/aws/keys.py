"""The estate's KMS keys: one for data, one for the cluster and its logs."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming import Naming

DELETION_WINDOW_DAYS = 30
"""The longest that KMS offers: a key deleted by mistake takes every object with it."""


def owner_statement(account_id: str) -> dict[str, Any]:
    """Let the account's IAM policies decide over a key; without it nobody could, not even to delete it."""
    return {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


def logs_statement(account_id: str, region: str) -> dict[str, Any]:
    """Let CloudWatch Logs of this account and region encrypt log groups, and nothing else."""
    return {
        "Sid": "CloudWatchLogsOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account_id}:log-group:*"
            }
        },
    }


class Keys(pulumi.ComponentResource):
    """Two customer-managed keys with yearly rotation: who may read data need not read cluster secrets.

    ``protect``: the engine refuses to delete them."""

    data_key_arn: pulumi.Output[str]
    """Encrypts the buckets of arrivals and releases."""
    cluster_key_arn: pulumi.Output[str]
    """Encrypts the cluster's secrets, its images and every log group."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        account_id: str,
        region: str,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Keys", name, None, opts)
        owner = owner_statement(account_id)
        self.data_key_arn = self._key(naming, "data", "Objects of arrivals and releases", [owner], protect)
        self.cluster_key_arn = self._key(
            naming,
            "cluster",
            "Cluster secrets, images and log groups",
            [owner, logs_statement(account_id, region)],
            protect,
        )
        self.register_outputs({"dataKeyArn": self.data_key_arn, "clusterKeyArn": self.cluster_key_arn})

    def _key(
        self,
        naming: Naming,
        part: str,
        description: str,
        statements: list[dict[str, Any]],
        protect: bool,
    ) -> pulumi.Output[str]:
        key = aws.kms.Key(
            naming.name(part),
            description=f"{description} ({naming.stack})",
            # A key has no name of its own; recovery finds it by this one.
            tags={"Name": naming.name(part)},
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        aws.kms.Alias(
            naming.name(part),
            name=naming.alias(part),
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn


__all__ = ["Keys", "logs_statement", "owner_statement"]
