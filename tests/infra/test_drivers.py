"""The private cluster by each of Magnum's drivers: it gets what it reads, and nothing else."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from infra.__main__ import estate as program
from infra.openstack.labels import template_labels
from infra.pins import MAGNUM_KUBE_TAG
from infra.settings.drivers import DRIVERS
from infra.settings.openstack import OpenStackCluster
from tests.infra.recorded import ROOT, STACKS, changed_settings, estate_of, record

TEMPLATE = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
COMMON: dict[str, Any] = {"image": "i", "master_flavor": "m1.medium", "node_flavor": "m1.large"}
NETWORKS: dict[str, Any] = {"pod_cidr": "10.40.0.0/16", "service_cidr": "172.20.48.0/20"}
LIMITS: dict[str, Any] = {"floating_api": True, "api_allowed_cidrs": ["198.51.100.0/24", "10.0.0.0/8"]}
ISSUER = "https://oidc.example.org"


def labels(driver: str, **said: Any) -> dict[str, str]:
    text = json.dumps({**COMMON, "driver": driver, **said})
    return template_labels(OpenStackCluster.model_validate_json(text))


def read_by_the_rehearsed_driver() -> set[object]:
    """From its source, which imports what only Magnum's own environment has."""
    file = ROOT / "rehearsal" / "openstack_services" / "inside" / "magnum_driver.py"
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "READ":
            return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
    raise AssertionError(f"{file} says nothing of READ")


def test_capi_helm_takes_version_and_networks_from_elsewhere() -> None:
    found = labels("capi_helm", oidc_issuer=ISSUER, **LIMITS)
    assert found == {
        "auto_scaling_enabled": "true",
        "auto_healing_enabled": "true",
        "min_node_count": "1",
        "max_node_count": "1",
        "kube_dashboard_enabled": "false",
        "boot_volume_size": "50",
        "master_lb_floating_ip_enabled": "true",
        "api_master_lb_allowed_cidrs": "198.51.100.0/24,10.0.0.0/8",
    }
    assert set(found) <= read_by_the_rehearsed_driver()


def test_cluster_api_takes_them_by_labels_and_limits_nobody() -> None:
    found = labels("cluster_api", network_driver="cilium", oidc_issuer=ISSUER, **NETWORKS)
    assert found["kube_tag"] == MAGNUM_KUBE_TAG
    assert found["cilium_ipv4pool"] == "10.40.0.0/16"
    assert found["service_cluster_ip_range"] == "172.20.48.0/20"
    assert not {"kubeapi_options", "calico_ipv4pool", "api_master_lb_allowed_cidrs"} & {*found}


def test_heat_alone_sets_who_signs_tokens_and_scales_nothing() -> None:
    found = labels("heat", oidc_issuer=ISSUER, **NETWORKS, **LIMITS)
    assert found["kubeapi_options"] == f"--service-account-issuer={ISSUER}"
    assert found["calico_ipv4pool"] == "10.40.0.0/16"
    assert found["master_lb_allowed_cidrs"] == "198.51.100.0/24,10.0.0.0/8"
    assert found["auto_scaling_enabled"] == "false"


@pytest.mark.parametrize("stack", STACKS)
def test_no_stack_sends_a_label_that_its_driver_passes_over(stack: str) -> None:
    (template,) = estate_of(stack).of(TEMPLATE)
    assert set(template.inputs["labels"]) <= read_by_the_rehearsed_driver()
    assert "dockerVolumeSize" not in template.inputs
    assert "volumeDriver" not in template.inputs


def test_every_driver_names_the_group_of_a_node() -> None:
    assert len({driver.node_label for driver in DRIVERS.values()}) == len(DRIVERS)


def test_another_number_of_nodes_changes_no_template() -> None:
    settings = changed_settings("prod", {"openstack.cluster.nodes.max": 9})
    before, after = estate_of("prod"), record(lambda: program(settings), "prod")
    groups = "openstack:containerinfra/nodeGroup:NodeGroup"
    assert [each.inputs for each in after.of(groups)] != [each.inputs for each in before.of(groups)]
    assert [each.inputs for each in after.of(TEMPLATE)] == [each.inputs for each in before.of(TEMPLATE)]
