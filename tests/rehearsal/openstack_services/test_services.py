"""The real services answer, refuse by their own rules, end without a trace and go on where they were."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import HttpUrl

from infra.settings import read
from isthmus.errors import StoreFailed
from isthmus.object_store import Bucket, client_for_orders
from rehearsal import private_cloud, stack_copy
from rehearsal.home import Home, project_root
from rehearsal.openstack_services import configuration, services
from rehearsal.openstack_services.environment import ServicesError
from rehearsal.openstack_services.layout import ACCESS, Layout
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import ServiceRefused, Session
from rehearsal.plugins.backend import Refused
from rehearsal.plugins.openstack.services.functions import get_secret
from rehearsal.ports import free_ports, is_free
from rehearsal.sandbox import processes_of
from rehearsal.stack_copy import STACK
from tests.rehearsal.conftest import IMAGE
from tests.rehearsal.openstack_services.processes import listener


def made(session: Session, kind: str, **body: Any) -> dict[str, Any]:
    """Something of Neutron's."""
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    folder = "vpn/" if kind in ("vpnservice", "ikepolicy", "ipsecpolicy") else ""
    path = f"/v2.0/{folder}{plural}"
    answer: dict[str, Any] = session.post("network", path, {kind: body})[kind]
    return answer


def refused(status: int, session: Session, service: str, method: str, path: str, **arguments: Any) -> str:
    """The sentence of a refusal."""
    with pytest.raises(ServiceRefused) as error:
        session.request(service, method, path, **arguments)
    assert error.value.status == status
    return str(error.value)


@pytest.fixture
def attached(estate: Session) -> dict[str, str]:
    """The ids of a network with a subnet on a router to the outside."""
    (outside,) = estate.get("network", "/v2.0/networks", params={"name": "public"})["networks"]
    network = made(estate, "network", name="private")["id"]
    subnet = made(estate, "subnet", network_id=network, cidr="10.68.0.0/20", ip_version=4)["id"]
    gateway = {"network_id": outside["id"]}
    router = made(estate, "router", name="edge", external_gateway_info=gateway)["id"]
    estate.request(
        "network", "PUT", f"/v2.0/routers/{router}/add_router_interface", json={"subnet_id": subnet}
    )
    return {"network": network, "subnet": subnet, "router": router}


def test_neutron_keeps_its_rules(estate: Session, attached: dict[str, str]) -> None:
    overlapping = {"network_id": attached["network"], "cidr": "10.68.0.0/24", "ip_version": 4}
    said = refused(400, estate, "network", "POST", "/v2.0/subnets", json={"subnet": overlapping})
    assert "overlaps" in said
    refused(409, estate, "network", "DELETE", f"/v2.0/subnets/{attached['subnet']}")
    service = made(estate, "vpnservice", name="link", router_id=attached["router"])
    path = f"/v2.0/vpn/vpnservices/{service['id']}"
    found = estate.get("network", path)["vpnservice"]
    # Without the fake agent it would be PENDING_CREATE for ever, and every update refused.
    assert found["status"] == "ACTIVE"
    assert found["external_v4_ip"].startswith("203.0.113.")
    estate.request("network", "PUT", path, json={"vpnservice": {"description": "the link"}})
    short = {"name": "ike", "lifetime": {"units": "seconds", "value": 59}}
    refused(400, estate, "network", "POST", "/v2.0/vpn/ikepolicies", json={"ikepolicy": short})


def test_magnum_makes_clusters_and_node_groups(estate: Session, attached: dict[str, str]) -> None:
    (image,) = estate.get("image", "/v2/images", params={"name": IMAGE})["images"]
    pair = estate.post("compute", "/os-keypairs", {"keypair": {"name": "nodes"}})["keypair"]
    template = estate.post(
        "container-infra",
        "/clustertemplates",
        {
            "name": "estate", "coe": "kubernetes", "image_id": image["id"], "flavor_id": "m1.large",
            "master_flavor_id": "m1.large", "external_network_id": "public", "keypair_id": pair["name"],
            "fixed_network": attached["network"], "fixed_subnet": attached["subnet"],
            "network_driver": "calico", "labels": {"boot_volume_size": "50"},
        },
    )  # fmt: skip
    cluster = estate.post(
        "container-infra",
        "/clusters",
        {"name": "estate", "cluster_template_id": template["uuid"], "master_count": 1, "node_count": 2},
    )
    path = f"/clusters/{cluster['uuid']}"
    found = estate.get("container-infra", path)
    assert found["status"] == "CREATE_COMPLETE", found["status_reason"]
    assert found["api_address"].startswith("https://127.78.")
    group = estate.post(
        "container-infra",
        f"{path}/nodegroups",
        {"name": "gpu", "flavor_id": "g1.l4", "node_count": 0, "min_node_count": 0, "max_node_count": 3},
    )
    groups = estate.get("container-infra", f"{path}/nodegroups")["nodegroups"]
    assert {one["name"]: one["status"] for one in groups} == {
        "default-master": "CREATE_COMPLETE",
        "default-worker": "CREATE_COMPLETE",
        "gpu": "CREATE_COMPLETE",
    }
    said = refused(
        400, estate, "container-infra", "PATCH", f"/clustertemplates/{template['uuid']}",
        json=[{"path": "/docker_volume_size", "op": "replace", "value": 20}],
    )  # fmt: skip
    assert "referenced" in said
    estate.request("container-infra", "DELETE", f"{path}/nodegroups/{group['uuid']}")
    estate.request("container-infra", "DELETE", path)
    refused(404, estate, "container-infra", "GET", path)


def test_swift_keeps_objects_and_a_full_container(estate: Session) -> None:
    estate.request("object-store", "PUT", "/orders", headers={"X-Versions-Enabled": "true"})
    estate.request("object-store", "PUT", "/orders/2011-09-21.csv", data=b"a,b\n")
    assert estate.request("object-store", "GET", "/orders/2011-09-21.csv").content == b"a,b\n"
    refused(409, estate, "object-store", "DELETE", "/orders")


def orders_of(home: Home, secret: str = ACCESS) -> Bucket:
    """A bucket as the estate's pods open it, who sign for the region of their AWS site."""
    cloud = services.running(home) or services.start(home)
    variables = {
        "ORDERS_ENDPOINT_URL": cloud.store_url, "AWS_REGION": "eu-central-1",
        "ORDERS_ACCESS_KEY_ID": ACCESS, "ORDERS_SECRET_ACCESS_KEY": secret,
    }  # fmt: skip
    return Bucket("by-s3", client_for_orders(variables))


def test_a_container_is_a_bucket_of_swifts_s3_door(home: Home, estate: Session) -> None:
    estate.request("object-store", "PUT", "/by-s3")
    bucket = orders_of(home)
    bucket.put("2011-09-21.csv", b"a,b\n")
    assert estate.request("object-store", "GET", "/by-s3/2011-09-21.csv").content == b"a,b\n"
    assert bucket.keys("2011-") == ["2011-09-21.csv"]
    assert not bucket.put_new("2011-09-21.csv", b"")
    assert bucket.get("2011-09-22.csv") is None
    with pytest.raises(StoreFailed, match="refuses these credentials"):
        orders_of(home, secret="another").keys("")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who listens on a port is waited for."""
    monkeypatch.setattr(services, "STOP_SECONDS", 0)


@pytest.mark.usefixtures("soon")
def test_a_store_whose_port_is_taken_is_refused_by_its_setting(tmp_path: Path) -> None:
    other = Home(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServicesError, match=f"127.0.0.1:{port}, where Swift .*object_store_url"):
            services.start(other, store_port=port)


def test_the_store_is_where_it_is_wished(home: Home, tmp_path: Path) -> None:
    other, port = Home(tmp_path), free_ports(2)
    again = port + 1
    assert services.start(other, store_port=port).store_url == f"http://127.0.0.1:{port}"
    try:
        assert services.start(other, store_port=again).store_url == f"http://127.0.0.1:{again}"
        # As the plugin asks for it, with no port in mind.
        assert services.start(other).store_url == f"http://127.0.0.1:{again}"
    finally:
        services.stop(other)


def test_barbican_opens_the_one_secret_of_a_name(estate: Session) -> None:
    kind = {"payload_content_type": "text/plain", "secret_type": "opaque"}
    with pytest.raises(Refused, match="no secrets match name 'keys'"):
        get_secret(estate, {"name": "keys"})
    estate.post("key-manager", "/v1/secrets", {"name": "keys", "payload": "first", **kind})
    assert get_secret(estate, {"name": "keys"})["payload"] == "first"
    estate.post("key-manager", "/v1/secrets", {"name": "keys", "payload": "second", **kind})
    with pytest.raises(Refused, match="2 secrets match"):
        get_secret(estate, {"name": "keys"})


def test_stopped_services_leave_no_process(home: Home) -> None:
    assert services.running(home) or services.start(home)
    assert services.stop(home)
    assert not processes_of(home)
    assert not services.stop(home)


def killed(session: Session, service: str) -> None:
    """Return once nobody listens in its place: the others, and their parent, are there for a second more."""
    port = urlsplit(session.request(service, "GET", "/").url).port
    os.kill(listener(session, service), signal.SIGKILL)
    while not is_free(port):
        time.sleep(0.01)


def test_a_killed_service_takes_the_others_along_and_all_go_on_where_they_were(home: Home) -> None:
    before = Session.of(services.running(home) or services.start(home))
    network = made(before, "network", name="stays")["id"]
    killed(before, "network")
    again = Session.of(services.start(home))
    assert again.get("network", f"/v2.0/networks/{network}")["network"]["name"] == "stays"
    killed(again, "network")
    end = time.monotonic() + 120
    while processes_of(home) and time.monotonic() < end:
        time.sleep(0.1)
    assert not processes_of(home)
    assert services.running(home) is None


def test_who_asks_for_services_that_start_beside_it_gets_them_filled(home: Home, tmp_path: Path) -> None:
    other, port, filled = Home(tmp_path), free_ports(2), []
    urls = {
        "auth_url": HttpUrl(f"http://127.0.0.1:{port}/v3"),
        "object_store_url": HttpUrl(f"http://127.0.0.1:{port + 1}"),
    }
    settings = read(stack_copy.source(project_root()), STACK)
    settings = settings.model_copy(update={"openstack": settings.openstack.model_copy(update=urls)})

    def fill(_: Cloud) -> None:
        filled.append(services.running(other) is not None)
        raise StoreFailed("no orders")

    try:
        # What goes wrong beside the block is told after it.
        with pytest.raises(StoreFailed, match="no orders"), private_cloud.beside(other, settings, fill):
            assert (services.start(other).auth_url, filled) == (str(urls["auth_url"]), [True])
    finally:
        services.stop(other)


def test_services_that_do_not_come_up_are_named_with_their_last_words(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = configuration.write

    def broken(layout: Layout, ports: Mapping[str, int], environment: Path) -> None:
        write(layout, ports, environment)
        (layout.etc / "nova.conf").write_text("[DEFAULT]\n")

    monkeypatch.setattr(configuration, "write", broken)
    other = Home(tmp_path)
    with pytest.raises(ServicesError, match=r"nova.* ended") as error:
        services.start(other)
    assert str(services.folder_of(other).log) in str(error.value)
    assert services.running(other) is None
    assert not processes_of(other)


@pytest.mark.usefixtures("soon")
def test_a_taken_port_is_said(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServicesError, match=f"127.0.0.1:{port}.* is taken by another program"):
            services.start(other, auth_port=port)
    assert services.running(other) is None
    assert not processes_of(other)
