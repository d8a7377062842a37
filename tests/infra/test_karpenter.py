"""Pools whose nodes Karpenter makes: what it may do, what its nodes are, and who is not disturbed."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pulumi.runtime.mocks import MockMonitor

from infra.__main__ import estate as estate_program
from infra.aws.karpenter_rights import rights
from infra.chart_pins import charts
from infra.gpu_pool import GPU_TAINT
from infra.settings.catalogue import instance_types
from tests.infra.judges import plain
from tests.infra.recorded import Estate, changed_settings, record
from tests.rehearsal.control_plane.estates import BY_KARPENTER

POOL, CLASS = "kubernetes:karpenter.sh/v1:NodePool", "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
RELEASE = "kubernetes:helm.sh/v3:Release"
CLUSTER = "isthmus-prod-aws"


@cache
def bought() -> Estate:
    settings = changed_settings("prod", BY_KARPENTER)
    return record(lambda: estate_program(settings), "prod")


def pools() -> dict[str, dict[str, Any]]:
    return {each.inputs["metadata"]["name"]: plain(each.inputs)["spec"] for each in bought().of(POOL)}


def test_a_pool_has_one_maker_of_nodes() -> None:
    groups = {each.name for each in bought().of("aws:eks/nodeGroup:NodeGroup")}
    assert groups == {"aws-cluster-system"}
    assert {*pools()} == {"training-spot", "training-on-demand", "serving"}
    assert {each.inputs["metadata"]["name"] for each in bought().of(CLASS)} == {"training", "serving"}


def test_spot_comes_first_and_on_demand_where_it_has_none() -> None:
    def buys(spec: dict[str, Any]) -> list[str]:
        asked = spec["template"]["spec"]["requirements"]
        return next(each["values"] for each in asked if each["key"] == "karpenter.sh/capacity-type")

    spot, other = pools()["training-spot"], pools()["training-on-demand"]
    assert (buys(spot), buys(other)) == (["spot"], ["on-demand"])
    assert spot["weight"] > other["weight"]
    assert "weight" not in pools()["serving"]


def test_nodes_are_those_of_the_pool_and_no_more_of_them() -> None:
    for name, spec in pools().items():
        pool = name.removesuffix("-spot").removesuffix("-on-demand")
        labels = spec["template"]["metadata"]["labels"]
        assert labels["isthmus.dev/pool"] == labels["isthmus.dev/purpose"] == pool
        key, value, effect = GPU_TAINT
        assert spec["template"]["spec"]["taints"] == [{"key": key, "value": value, "effect": effect}]
        settings = changed_settings("prod", BY_KARPENTER).aws.gpu_pools[pool]
        machine = instance_types()[settings.instance_type]
        assert spec["limits"]["nodes"] == str(settings.max)
        assert spec["limits"]["nvidia.com/gpu"] == str(settings.max * machine.gpus)
        assert spec["limits"]["cpu"] == str(settings.max * machine.vcpus)


def test_disks_are_encrypted_metadata_is_closed_and_the_image_is_one() -> None:
    for each in bought().of(CLASS):
        spec = plain(each.inputs)["spec"]
        assert spec["metadataOptions"]["httpTokens"] == "required"
        assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
        assert all(disk["ebs"]["encrypted"] for disk in spec["blockDeviceMappings"])
        (image,) = spec["amiSelectorTerms"]
        assert not image["alias"].endswith("@latest")
        assert spec["securityGroupSelectorTerms"] == [{"tags": {"aws:eks:cluster-name": CLUSTER}}]
        assert len(spec["subnetSelectorTerms"]) == 3
        assert {"project", "environment", "owner"} <= {*spec["tags"]}


def test_a_training_that_works_is_left_alone() -> None:
    for name in ("training-spot", "training-on-demand"):
        spec = pools()[name]
        assert spec["disruption"]["consolidationPolicy"] == "WhenEmpty"
        assert {"nodes": "0", "reasons": ["Drifted", "Underutilized"]} in spec["disruption"]["budgets"]
        # With an end to draining a drift would take the node under a pod that is not to be moved.
        assert spec["template"]["spec"]["expireAfter"] == "Never"
        assert "terminationGracePeriod" not in spec["template"]["spec"]
    serving = pools()["serving"]["template"]["spec"]
    assert serving["expireAfter"] != "Never"
    assert serving["terminationGracePeriod"]


def _marks(estate: Estate) -> dict[str, bool]:
    found = {}
    for each in (*estate.of("kubernetes:batch/v1:Job"), *estate.of("kubernetes:batch/v1:CronJob")):
        spec = plain(each.inputs)["spec"]
        template = spec.get("jobTemplate", {}).get("spec", spec)["template"]
        mark = (template["metadata"].get("annotations") or {}).get("karpenter.sh/do-not-disrupt")
        found[each.name] = mark == "true"
        assert not mark or template["spec"]["nodeSelector"] == {"isthmus.dev/pool": "training"}
    return found


def test_its_pods_say_so_and_no_others() -> None:
    changes = {**BY_KARPENTER, "training.tuning.enabled": True, "training.started_by": "up"}
    settings = changed_settings("prod", changes)
    marked = _marks(record(lambda: estate_program(settings), "prod"))
    assert marked["train"]
    assert marked["tune"]
    assert not marked["rank"]
    assert not marked["validate"]
    assert any(marks and name not in ("train", "tune") for name, marks in marked.items()), "by the clock"
    managed = changed_settings("prod", {})
    assert not any(_marks(record(lambda: estate_program(managed), "prod")).values())


def test_its_charts_are_pinned_and_come_before_its_objects() -> None:
    released = {each.inputs["name"]: each.inputs for each in bought().of(RELEASE)}
    assert list(released).index("karpenter-crd") < list(released).index("karpenter")
    for name in ("karpenter-crd", "karpenter"):
        assert released[name]["chart"] == f"oci://public.ecr.aws/karpenter/{name}"
        assert released[name]["version"] == charts()[name].version
        assert "repositoryOpts" not in released[name]
    told = released["karpenter"]["values"]
    queue = bought().one("aws:sqs/queue:Queue", "aws-karpenter")
    assert told["settings"]["interruptionQueue"] == queue.inputs["name"]
    association = bought().one("aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws-karpenter")
    assert association.inputs["serviceAccount"] == told["serviceAccount"]["name"]
    assert association.inputs["namespace"] == released["karpenter"]["namespace"]


def test_it_hears_of_machines_that_go_and_nobody_else_may_write() -> None:
    rules = bought().of("aws:cloudwatch/eventRule:EventRule")
    patterns = [json.loads(each.inputs["eventPattern"]) for each in rules]
    assert {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]} in patterns
    targets = {each.inputs["rule"] for each in bought().of("aws:cloudwatch/eventTarget:EventTarget")}
    assert len(targets) == len(rules) == 4
    (policy,) = bought().of("aws:sqs/queuePolicy:QueuePolicy")
    allows, denies = json.loads(policy.inputs["policy"])["Statement"]
    assert allows["Principal"] == {"Service": "events.amazonaws.com"}
    assert allows["Condition"]["ArnLike"]["aws:SourceArn"].startswith(
        "arn:aws:events:eu-west-1:333333333333:"
    )
    assert denies["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_it_may_start_and_end_its_own_machines_alone() -> None:
    text = rights(
        cluster=CLUSTER,
        account_id="333333333333",
        region="eu-west-1",
        node_role="arn:role",
        queue="arn:queue",
    )
    # IAM reference, "IAM and AWS STS quotas": all policies in a role together.
    assert len(text) < 10_240
    by_name = {each["Sid"]: each for each in json.loads(text)["Statement"]}
    owned = f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}"
    assert by_name["EndsItsOwn"]["Condition"]["StringEquals"] == {owned: "owned"}
    assert by_name["NodesRole"]["Resource"] == "arn:role"
    assert by_name["NodesRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    # Whatever is on everything only looks.
    for each in by_name.values():
        actions = each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
        if each["Resource"] == "*":
            assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in actions)
        assert not any(
            "InstanceProfile" in action and ":Get" not in action and ":List" not in action
            for action in actions
        )


def test_no_part_of_it_where_no_pool_asks() -> None:
    managed = record(lambda: estate_program(changed_settings("prod", {})), "prod")
    assert not [each for each in managed.resources if "karpenter" in f"{each.type} {each.name}"]


def test_it_outlives_its_pools_and_these_the_pods_that_are_on_them() -> None:
    """A destroy goes the other way: pods, NodePools, which wait for their nodes, their classes, Karpenter."""
    after: dict[tuple[bool, str], set[str]] = {}

    class Noting(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - of the SDK
            found = after.setdefault((request.custom, request.name), set())
            found |= {urn.rpartition("::")[2] for urn in request.dependencies}
            return super().RegisterResource(request)

    settings = changed_settings("prod", BY_KARPENTER)
    record(lambda: estate_program(settings), "prod", monitor=Noting)
    for name in ("training-spot", "training-on-demand", "serving"):
        pool = f"aws-pool-{name.split('-')[0]}"
        assert f"{pool}-class" in after[True, f"aws-pool-{name}"]
        # What is in a component waits for all that the component waits for.
        assert {"aws-platform-karpenter", "aws-platform-karpenter-crd"} <= after[False, pool]
    assert "aws-pool-serving" in after[False, "aws-triton"]
