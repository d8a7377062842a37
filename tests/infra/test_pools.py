"""GPU pools: what a pod sees of one is the same on both sites, and only pods that ask get there."""

from __future__ import annotations

import pytest

from infra.__main__ import estate as estate_program
from infra.settings import read
from infra.settings.drivers import DRIVERS
from tests.infra.recorded import ROOT, STACKS, Estate, changed_settings, estate_of, record

TOLERATED = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


@pytest.fixture(params=STACKS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def gpu_groups(estate: Estate) -> list[dict[str, object]]:
    groups = [each.inputs for each in estate.of("aws:eks/nodeGroup:NodeGroup")]
    return [group for group in groups if "NVIDIA" in str(group["amiType"])]


def test_gpu_nodes_in_aws_are_tainted_and_others_are_not(estate: Estate) -> None:
    gpu = gpu_groups(estate)
    assert gpu
    for group in gpu:
        assert group["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    for each in estate.of("aws:eks/nodeGroup:NodeGroup"):
        if each.inputs not in gpu:
            assert not each.inputs.get("taints"), "the cluster's own pods must run somewhere"


def test_jobs_that_name_a_pool_select_it_tolerate_it_and_ask_for_gpus(estate: Estate) -> None:
    pools = {str(group["labels"]["isthmus.dev/pool"]) for group in gpu_groups(estate)}  # type: ignore[index]
    private = DRIVERS["capi_helm"].node_label  # of every stack file here
    groups = {each.inputs["name"] for each in estate.of("openstack:containerinfra/nodeGroup:NodeGroup")}
    workloads = [*estate.of("kubernetes:batch/v1:Job"), *estate.of("kubernetes:apps/v1:Deployment")]
    for workload in workloads:
        spec = workload.inputs["spec"]["template"]["spec"]
        selected = spec.get("nodeSelector", {})
        wanted = selected.get("isthmus.dev/pool", selected.get(private))
        asked = [c["resources"]["requests"].get("nvidia.com/gpu") for c in spec["containers"]]
        if wanted is None:
            assert asked == [None], workload.name
        else:
            assert wanted in (groups if private in selected else pools), workload.name
            assert TOLERATED in spec["tolerations"], workload.name
            assert all(int(count) >= 1 for count in asked), workload.name


def test_a_pool_never_grows_past_its_maximum_by_being_bought_in_one_way(estate: Estate) -> None:
    for group in gpu_groups(estate):
        scaling = group["scalingConfig"]
        assert isinstance(scaling, dict)
        assert 0 <= scaling["minSize"] <= scaling["desiredSize"] <= scaling["maxSize"]


def test_spot_with_fallback_buys_the_same_nodes_twice_and_pays_for_none_on_demand_at_rest() -> None:
    estate = estate_of("prod")
    settings = read(ROOT / "stacks" / "Pulumi.prod.yaml").aws.gpu_pools["training"]
    assert settings.capacity == "spot_with_fallback"
    mine = [g for g in gpu_groups(estate) if g["labels"]["isthmus.dev/pool"] == "training"]  # type: ignore[index]
    spot, on_demand = sorted(mine, key=lambda g: str(g["capacityType"]), reverse=True)
    assert (spot["capacityType"], on_demand["capacityType"]) == ("SPOT", "ON_DEMAND")
    assert spot["instanceTypes"] == on_demand["instanceTypes"]
    assert on_demand["scalingConfig"]["minSize"] == 0  # type: ignore[index]


def test_the_quota_of_a_namespace_has_room_for_its_whole_pools_and_a_rollout() -> None:
    estate = estate_of("prod")
    quota = estate.one("kubernetes:core/v1:ResourceQuota", "aws-serving").inputs["spec"]["hard"]
    most = read(ROOT / "stacks" / "Pulumi.prod.yaml").serving.replicas.max
    # Six g5.xlarge of one A10G each, a pod by which a new release begins, and those that it ends.
    assert quota["requests.nvidia.com/gpu"] == str(6 + 1 + most)
    private = estate.one("kubernetes:core/v1:ResourceQuota", "openstack-serving").inputs["spec"]["hard"]
    assert private["requests.nvidia.com/gpu"] == str(5 + 1 + most)


PRIVATE = "openstack:containerinfra/nodeGroup:NodeGroup"


def private_groups(driver: str, **changes: object) -> dict[str, dict[str, object]]:
    """By name, of dev with another driver."""
    whole = {"pod_cidr": "10.40.0.0/16", "service_cidr": "172.20.48.0/20", "nodes": {"min": 2, "max": 2}}
    images = {"cluster_api": "ubuntu", "heat": "fedora-coreos-42"}
    written = {} if driver == "capi_helm" else {**whole, "driver": driver, "image": images[driver]}
    settings = changed_settings(
        "dev", {**{f"openstack.cluster.{k}": v for k, v in written.items()}, **changes}
    )
    made = record(lambda: estate_program(settings), "dev")
    return {str(each.inputs["name"]): each.inputs for each in made.of(PRIVATE)}


@pytest.mark.parametrize("driver", ["capi_helm", "cluster_api"])
def test_a_private_pool_is_one_group_whose_number_leaves_its_bounds_free(driver: str) -> None:
    """magnum-capi-helm@1.4.0 driver.py, _validate_allowed_node_counts: no group of less than one node."""
    pool = {"flavor": "g1.l4", "purpose": "training", "min": 1, "max": 3}
    groups = private_groups(driver, **{"openstack.gpu_pools.gpu": pool})
    group = groups["gpu"]
    assert (group["minNodeCount"], group["nodeCount"], group["maxNodeCount"]) == (1, 3, 3)
    assert group["role"] == "training"
    assert all(each["minNodeCount"] >= 1 for each in groups.values())  # type: ignore[operator]
    assert "dockerVolumeSize" not in group


def test_groups_that_no_autoscaler_knows_have_no_bounds() -> None:
    pool = {"flavor": "g1.l4", "min": 2, "max": 2}
    group = private_groups("heat", **{"openstack.gpu_pools": {"gpu": pool}})["gpu"]
    assert (group["nodeCount"], group.get("maxNodeCount"), group["minNodeCount"]) == (2, None, 0)
    assert group["dockerVolumeSize"] == 50
