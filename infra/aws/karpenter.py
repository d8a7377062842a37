"""What Karpenter needs in AWS: a role, an instance profile for its nodes, and a queue that warns it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.aws.karpenter_rights import rights
from infra.aws.roles import hand_to_pods
from infra.naming import Naming

NAME: Final = "karpenter"
"""Of its chart, its service account and its pods."""
DEFINITIONS: Final = "karpenter-crd"
"""The chart of its kinds, in its versions: Helm never moves the definitions that its own chart brings
(aws/karpenter-provider-aws@v1.14.1, website/content/en/docs/upgrading/upgrade-guide.md; 2026-11-28)."""
NAMESPACE: Final = "kube-system"
MESSAGES_SECONDS: Final = 300
EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "scheduled-change": ("aws.health", "AWS Health Event"),
    "spot-interruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state-change": ("aws.ec2", "EC2 Instance State-change Notification"),
}
"""What it is told of: source and type of EventBridge's events (the same project's cloudformation.yaml; not
that of capacity reservations, which no pool here has)."""


def values(cluster: str, region: str, *, replicas: int, monitored: bool) -> Mapping[str, Any]:
    """What its chart is told (charts/karpenter/values.yaml of the pinned version, read 2026-11-28).

    ``replicas``: two lead in turn, and its chart puts no two on one node; ``monitored``: whether the kinds of
    Prometheus are there.
    """
    return {
        "replicas": replicas,
        "serviceAccount": {"create": True, "name": NAME},
        "settings": {
            "clusterName": cluster,
            "interruptionQueue": cluster,
            # Ends nodes that are ill for half an hour, as EKS does with its own groups (EKS user guide,
            # "Automatically repair nodes in EKS clusters"; 2026-11-28).
            "featureGates": {"nodeRepair": True},
        },
        "controller": {
            # A pod is one hop too far from the metadata of its node, which would tell the region.
            "env": [{"name": "AWS_REGION", "value": region}],
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        },
        "serviceMonitor": {"enabled": monitored},
    }


class Karpenter(pulumi.ComponentResource):
    """Role, instance profile and queue; the controller itself is a chart (``infra.cluster_platform``)."""

    instance_profile: pulumi.Output[str]
    """Name of the profile of its nodes, whose role is that of the cluster's other nodes: so EKS lets them
    join, by the entry that it made for these (from memory; no real cluster was asked)."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        account_id: str,
        region: str,
        cluster_name: pulumi.Input[str],
        node_role_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Karpenter", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        cluster = naming.cluster("aws")
        queue = self._queue(name, cluster, f"arn:aws:events:{region}:{account_id}:rule/*")
        node_role = pulumi.Output.from_input(node_role_arn)
        profile = aws.iam.InstanceProfile(
            f"{name}-nodes",
            role=node_role.apply(lambda arn: arn.rpartition("/")[2]),
            tags={"Name": f"{name}-nodes"},
            opts=self._child,
        )
        hand_to_pods(
            name,
            cluster_name=cluster_name,
            namespace=NAMESPACE,
            service_account=NAME,
            policy=pulumi.Output.all(node_role, queue.arn).apply(
                lambda known: rights(
                    cluster=cluster,
                    account_id=account_id,
                    region=region,
                    node_role=str(known[0]),
                    queue=str(known[1]),
                )
            ),
            parent=self,
        )
        self.instance_profile = profile.name
        self.register_outputs({"instanceProfile": self.instance_profile})

    def _queue(self, name: str, cluster: str, rules: str) -> aws.sqs.Queue:
        """Two minutes before a spot machine goes, or earlier where AWS knows earlier, its node is drained."""
        queue = aws.sqs.Queue(
            name,
            name=cluster,
            message_retention_seconds=MESSAGES_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self._child,
        )
        heard = aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=queue.arn.apply(lambda arn: _queue_policy(arn, rules)),
            opts=self._child,
        )
        for event, (source, kind) in EVENTS.items():
            rule = aws.cloudwatch.EventRule(
                f"{name}-{event}",
                description=f"{kind}, for Karpenter of {cluster}",
                event_pattern=json.dumps({"source": [source], "detail-type": [kind]}),
                tags={"Name": f"{name}-{event}"},
                opts=self._child,
            )
            aws.cloudwatch.EventTarget(
                f"{name}-{event}",
                rule=rule.name,
                target_id=NAME,
                arn=queue.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[heard]),
            )
        return queue


def _queue_policy(arn: str, rules: str) -> str:
    """Rules of EventBridge may write, of this account alone, and nobody without TLS."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Events",
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    # EventBridge user guide, "Using resource-based policies" (2026-11-28).
                    "Condition": {"ArnLike": {"aws:SourceArn": rules}},
                },
                {
                    "Sid": "TlsAlone",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )


__all__ = ["DEFINITIONS", "NAME", "NAMESPACE", "Karpenter", "values"]
