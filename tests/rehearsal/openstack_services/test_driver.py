"""The fake Magnum driver refuses what magnum-capi-helm refuses, and labels that it passes over."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.openstack_services.session import ServiceRefused, Session
from tests.rehearsal.conftest import IMAGE

SCALES = {"auto_scaling_enabled": "true", "min_node_count": "1", "max_node_count": "1"}


def made(estate: Session, name: str, labels: dict[str, str]) -> dict[str, Any]:
    (image,) = estate.get("image", "/v2/images", params={"name": IMAGE})["images"]
    pair = estate.post("compute", "/os-keypairs", {"keypair": {"name": name}})["keypair"]
    template = {
        "name": name, "coe": "kubernetes", "image_id": image["id"], "flavor_id": "m1.large",
        "master_flavor_id": "m1.large", "external_network_id": "public", "keypair_id": pair["name"],
        "network_driver": "calico", "labels": labels,
    }  # fmt: skip
    uuid = estate.post("container-infra", "/clustertemplates", template)["uuid"]
    body = {"name": name, "cluster_template_id": uuid, "master_count": 1, "node_count": 1}
    answer = estate.post("container-infra", "/clusters", body)
    found: dict[str, Any] = estate.get("container-infra", f"/clusters/{answer['uuid']}")
    return found


def test_a_label_that_it_does_not_read_makes_no_cluster(estate: Session) -> None:
    with pytest.raises(ServiceRefused, match="reads no label kube_tag"):
        made(estate, "old", {"kube_tag": "v1.36.3"})


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({"name": "gpu", "node_count": 1, "min_node_count": 0, "max_node_count": 3}, "Min node count"),
        ({"name": "t4", "node_count": 1, "min_node_count": 1, "max_node_count": 3}, "at least 3 letters"),
    ],
)
def test_a_group_that_the_chart_or_the_driver_refuses(
    estate: Session, group: dict[str, Any], said: str
) -> None:
    found = made(estate, f"c-{group['name']}", SCALES)
    assert found["status"] == "CREATE_COMPLETE", found["status_reason"]
    assert found["coe_version"] == "v1.36.3"
    path = f"/clusters/{found['uuid']}/nodegroups"
    with pytest.raises(ServiceRefused, match=said):
        estate.post("container-infra", path, {**group, "flavor_id": "g1.l4"})
