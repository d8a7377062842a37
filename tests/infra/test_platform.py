"""What every cluster runs beside the estate's own pods, and what of it a driver or AWS brings itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.__main__ import estate as estate_program
from infra.aws.autoscaler import rights
from infra.chart_pins import charts
from infra.cluster_platform.parts import uses, wanted
from infra.cluster_platform.priorities import CLASSES
from infra.settings.platform import PARTS, USUAL
from infra.workloads import Site
from isthmus.pod_parts import SERVING_PRIORITY, TRAINING_PRIORITY
from serving.server.ports import METRICS, PROXY_METRICS
from tests.infra.recorded import STACKS, Estate, changed_settings, estate_of, record

CLUSTER_API = {
    "openstack.cluster.driver": "cluster_api",
    "openstack.cluster.image": "ubuntu-2204-kube-v1.36.3",
    "openstack.cluster.pod_cidr": "10.96.0.0/16",
    "openstack.cluster.service_cidr": "10.100.0.0/16",
}
RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def released(estate: Estate, site: str) -> dict[str, dict[str, Any]]:
    found = [each for each in estate.of(RELEASE) if each.name.startswith(f"{site}-platform-")]
    return {str(each.inputs["name"]): each.inputs for each in found}


def test_production_runs_every_part_and_a_rehearsal_none() -> None:
    prod = estate_of("prod")
    assert {*released(prod, "aws")} == {
        "kube-prometheus-stack",
        "external-secrets",
        "keda",
        "nvidia-device-plugin",
        "dcgm-exporter",
        "cluster-autoscaler",
    }
    addons = {each.inputs["addonName"] for each in prod.of("aws:eks/addon:Addon")}
    assert {"metrics-server", "cert-manager"} <= addons
    assert not estate_of("local").of(RELEASE)


@pytest.mark.parametrize("stack", STACKS)
def test_every_chart_is_the_pinned_one(stack: str) -> None:
    for release in estate_of(stack).of(RELEASE):
        pin = charts()[str(release.inputs["chart"])]
        assert release.inputs["version"] == pin.version
        assert release.inputs["repositoryOpts"] == {"repo": pin.repository}
        assert release.inputs["atomic"] is True


def test_no_chart_is_pinned_that_nothing_runs() -> None:
    # By whether anything asks for nodes or balancers, not by platform.runs (infra/node_makers.py).
    used = {"cluster-autoscaler", "karpenter-crd", "karpenter", "aws-load-balancer-controller"}
    sites: tuple[Site, ...] = ("aws", "openstack")
    every = {"platform.runs": [*PARTS]}
    for settings in (changed_settings("prod", every), changed_settings("prod", CLUSTER_API)):
        used |= {use.chart for site in sites for use in uses(site, settings)}
    assert used == {*charts()}


def test_a_driver_that_brings_a_part_gets_no_second_one() -> None:
    # azimuth-cloud/capi-helm-charts, charts/cluster-addons/values.yaml, 2026-11-28.
    by_chart = released(estate_of("prod"), "openstack")
    assert not {"metrics-server", "nvidia-device-plugin", "dcgm-exporter"} & {*by_chart}
    settings = changed_settings("prod", CLUSTER_API)
    assert wanted("openstack", settings) == {*USUAL} - {"autoscaler", "load_balancers"}
    values = {use.chart: use.values for use in uses("openstack", settings)}
    assert values["nvidia-device-plugin"] == {"nfd": {"enabled": True}}
    assert {"metrics-server", "cert-manager"} <= {*values}


def test_the_device_plugin_finds_the_gpu_nodes_and_no_others() -> None:
    # Its chart wants this label, or one of node-feature-discovery's, which nothing sets in AWS.
    for group in estate_of("prod").of("aws:eks/nodeGroup:NodeGroup"):
        gpus = "NVIDIA" in str(group.inputs["amiType"])
        assert (group.inputs["labels"].get("nvidia.com/gpu.present") == "true") == gpus


def test_metrics_of_gpus_are_fetched_only_where_something_fetches_them() -> None:
    settings = changed_settings("prod", {"platform.runs": ["metrics_server", "gpus"]})
    (exporter,) = [use for use in uses("aws", settings) if use.chart == "dcgm-exporter"]
    assert exporter.values["serviceMonitor"] == {"enabled": False}
    (exporter,) = [use for use in uses("aws", changed_settings("prod", {})) if use.chart == "dcgm-exporter"]
    assert exporter.values["serviceMonitor"] == {"enabled": True}


def test_prometheus_comes_before_what_brings_it_monitors() -> None:
    order = [use.chart for use in uses("aws", changed_settings("prod", {}))]
    assert order[0] == "kube-prometheus-stack"


def test_serving_goes_before_training_and_training_ends_nobody() -> None:
    assert CLASSES[SERVING_PRIORITY][0] > CLASSES[TRAINING_PRIORITY][0] > 0
    assert CLASSES[TRAINING_PRIORITY][1] == "Never"


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_names_a_class_that_its_cluster_has(stack: str) -> None:
    estate = estate_of(stack)
    named = {
        str(each.inputs["metadata"]["name"])
        for each in estate.of("kubernetes:scheduling.k8s.io/v1:PriorityClass")
    }
    pods = [each.inputs["spec"]["template"]["spec"] for each in estate.of("kubernetes:batch/v1:Job")]
    assert {pod["priorityClassName"] for pod in pods} <= {TRAINING_PRIORITY} <= named
    for server in estate.of("kubernetes:apps/v1:Deployment"):
        assert server.inputs["spec"]["template"]["spec"]["priorityClassName"] == SERVING_PRIORITY


def test_no_autoscaler_where_nothing_can_be_scaled() -> None:
    fixed = {
        "aws.cluster.system_nodes.max": 3,
        "aws.gpu_pools": {},
        "serving.pool": None,
        "training.pool": None,
    }
    settings = changed_settings("prod", {**fixed, "serving.replicas": {"min": 1, "max": 2}})
    made = record(lambda: estate_program(settings), "prod")
    assert "cluster-autoscaler" not in released(made, "aws")
    assert not [each for each in made.of("aws:iam/role:Role") if "autoscaler" in each.name]


def test_the_autoscaler_moves_the_groups_of_its_own_cluster_alone() -> None:
    looks, groups, moves = rights("isthmus-prod-aws", "333333333333", "eu-west-1")["Statement"]
    assert all(":Describe" in action or ":Get" in action for action in looks["Action"])
    assert groups["Resource"].endswith("nodegroup/isthmus-prod-aws/*")
    assert moves["Condition"] == {
        "StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/isthmus-prod-aws": "owned"}
    }
    association = estate_of("prod").one(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws-autoscaler"
    )
    values = released(estate_of("prod"), "aws")["cluster-autoscaler"]["values"]
    assert association.inputs["serviceAccount"] == values["rbac"]["serviceAccount"]["name"]
    assert association.inputs["namespace"] == "kube-system"
    assert values["autoDiscovery"]["clusterName"] == "isthmus-prod-aws"


def test_spot_is_taken_first_by_the_names_of_its_groups() -> None:
    prod = estate_of("prod")
    values = released(prod, "aws")["cluster-autoscaler"]["values"]
    (pattern,) = values["expanderPriorities"]["20"]
    groups = {each.name: each.inputs for each in prod.of("aws:eks/nodeGroup:NodeGroup")}
    spot = {name for name, inputs in groups.items() if inputs["capacityType"] == "SPOT"}
    assert spot == {name for name in groups if pattern.strip(".*") in f"{name}-"}
    assert json.dumps(values)


def _scaled(site: str) -> dict[str, Any]:
    scaled = estate_of("prod").one("kubernetes:keda.sh/v1alpha1:ScaledObject", f"{site}-triton-scaled")
    return scaled.inputs


@pytest.mark.parametrize("site", ["aws", "openstack"])
def test_keda_asks_the_prometheus_that_is_there_and_is_let_through(site: str) -> None:
    prometheus = released(estate_of("prod"), site)["kube-prometheus-stack"]
    address = f"http://{prometheus['name']}-prometheus.{prometheus['namespace']}:9090"
    for trigger in _scaled(site)["spec"]["triggers"]:
        assert trigger["metadata"]["serverAddress"] == address
    keda = released(estate_of("prod"), site)["keda"]["namespace"]

    def policy(name: str) -> dict[str, Any]:
        of_site = f"{site}-platform-{name}-platform"
        return dict(estate_of("prod").one(POLICY, of_site).inputs["spec"])

    into_prometheus = [
        (peer.get("namespaceSelector"), port["port"])
        for rule in policy(prometheus["namespace"])["ingress"]
        for peer in rule["from"]
        for port in rule["ports"]
    ]
    assert ({"matchLabels": {"kubernetes.io/metadata.name": keda}}, 9090) in into_prometheus
    # An empty selector is every namespace, and no port is every port.
    assert {"to": [{"namespaceSelector": {}}]} in policy(keda)["egress"]
    assert {"to": [{"namespaceSelector": {}}]} in policy(prometheus["namespace"])["egress"]
    into_triton = estate_of("prod").one(POLICY, f"{site}-triton").inputs["spec"]["ingress"]
    of_prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    (rule,) = [rule for rule in into_triton if of_prometheus in rule["from"]]
    assert prometheus["namespace"] == "monitoring"
    assert {port["port"] for port in rule["ports"]} == {METRICS, PROXY_METRICS}


@pytest.mark.parametrize(
    ("changes", "by_queue"),
    [
        ({}, True),
        ({"serving.autoscaling.by": "cpu"}, False),
        ({"platform.runs": ["metrics_server", "keda"]}, False),
        ({"serving.replicas": {"min": 2, "max": 2}}, False),
    ],
)
def test_one_autoscaler_or_none(changes: dict[str, Any], by_queue: bool) -> None:
    settings = changed_settings("prod", changes)
    made = record(lambda: estate_program(settings), "prod")
    scaled = made.of("kubernetes:keda.sh/v1alpha1:ScaledObject")
    by_cpu = made.of("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")
    moves = settings.serving.replicas.min < settings.serving.replicas.max
    assert len(scaled) == 2 * by_queue
    assert len(by_cpu) == 2 * (moves and not by_queue)
