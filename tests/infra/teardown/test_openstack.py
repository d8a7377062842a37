"""What a private cluster's controllers left is found in the order in which it can go, and goes by its id."""

from __future__ import annotations

from types import SimpleNamespace as Thing
from typing import Any

from infra.teardown.openstack import CSI, leftovers


class Cloud:
    """A network with what a Service and a volume claim leave; deletions are noted."""

    def __init__(self) -> None:
        self.gone: list[tuple[str, Any, dict[str, Any]]] = []
        port = Thing(
            id="p1", name="vip", device_owner="Octavia", device_id="d", security_group_ids=["g1", "own"]
        )
        router = Thing(id="p2", name="", device_owner="network:router_interface", device_id="r")
        self.network = Thing(
            ports=lambda **_: [port, router],
            subnets=lambda **_: [Thing(id="s1")],
            ips=lambda **_: [Thing(id="a1", name="", floating_ip_address="203.0.113.9", description="shop")],
            security_groups=lambda: [Thing(id="g1", name="lb-sg-1"), Thing(id="g2", name="lb-sg-2")],
            **self._deletes("ip", "port", "security_group"),
        )
        self.load_balancer = Thing(
            load_balancers=lambda: [
                Thing(id="b1", name="kube_service_shop", vip_subnet_id="s1"),
                Thing(id="b2", name="other", vip_subnet_id="s2"),
            ],
            **self._deletes("load_balancer"),
        )
        self.block_storage = Thing(
            volumes=lambda: [
                Thing(id="v1", name="pvc-1", metadata={CSI: "isthmus-dev-openstack"}),
                Thing(id="v2", name="pvc-2", metadata={CSI: "another"}),
            ],
            **self._deletes("volume"),
        )

    def _deletes(self, *kinds: str) -> dict[str, Any]:
        def delete(kind: str) -> Any:
            return lambda id, **how: self.gone.append((kind, id, how))

        return {f"delete_{kind}": delete(kind) for kind in kinds}

    def has_service(self, _name: str) -> bool:
        return True


def test_each_is_named_and_goes_by_its_id_and_what_is_gone_already_is_no_error() -> None:
    cloud = Cloud()
    found = list(leftovers(cloud, "n1", "isthmus-dev-openstack", {"own"}, servers=False))
    assert [str(each) for each in found] == [
        "openstack: load balancer b1 for kube_service_shop",
        "openstack: floating address 203.0.113.9 for shop",
        "openstack: port p1 for vip",
        "openstack: security group g1 for lb-sg-1",
        "openstack: volume v1 for pvc-1, with data",
    ]
    for each in found:
        each.delete()
    assert cloud.gone == [
        ("load_balancer", "b1", {"ignore_missing": True, "cascade": True}),
        *((kind, id, {"ignore_missing": True}) for kind, id in (("ip", "a1"), ("port", "p1"))),
        *((kind, id, {"ignore_missing": True}) for kind, id in (("security_group", "g1"), ("volume", "v1"))),
    ]
