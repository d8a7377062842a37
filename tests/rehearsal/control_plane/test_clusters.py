"""A control plane begins and ends with the cluster that a cloud names."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.control_plane.of_home import control_plane, control_planes
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home
from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.kubernetes.reach import Unreachable, api_server
from rehearsal.plugins.openstack import control_planes as control_planes_of_magnum
from rehearsal.plugins.openstack.kubeconfig import way_in
from tests.rehearsal.plugins.aws.conftest import connected
from tests.rehearsal.plugins.aws.test_types import Estate

pytestmark = pytest.mark.timeout(300)

SHOP = "shop"


@pytest.fixture
def home(tmp_path: Path, binaries: Binaries) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    running.stop(control_planes(made))


def reached(home: Home, kubeconfig: str) -> Api:
    return api_server(home, {"kubeconfig": kubeconfig})


def put(api: Api) -> None:
    """Something by which a cluster is known again."""
    mark = {"name": "mark", "namespace": "default"}
    api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": mark})


def is_marked(api: Api) -> bool:
    return api.get("v1", "ConfigMap", "mark", "default") is not None


def test_a_cluster_takes_the_control_plane_that_waits_for_it_and_the_next_one_gets_a_new_one(
    home: Home,
) -> None:
    clusters.start(home, [SHOP])
    waiting = clusters.access(home, SHOP)
    clusters.begin(home, SHOP)
    assert clusters.access(home, SHOP) == waiting
    plane = control_plane(home, SHOP)
    with Api(plane, running.url(plane)) as api:
        put(api)
    clusters.begin(home, SHOP)
    another = clusters.access(home, SHOP)
    assert another is not None
    assert waiting is not None
    assert another.authority != waiting.authority
    with Api(plane, running.url(plane)) as api:
        assert not is_marked(api)
    clusters.end(home, SHOP)
    assert not plane.processes()
    assert not plane.folder.exists()


def test_services_get_the_addresses_that_were_asked_for_and_keep_them(home: Home) -> None:
    def first_address() -> str:
        plane = control_plane(home, SHOP)
        with Api(plane, running.url(plane)) as api:
            found = api.get("v1", "Service", "kubernetes", "default")
        assert found is not None
        return str(found["spec"]["clusterIP"])

    clusters.start(home, [SHOP], {SHOP: "172.20.0.0/20"})
    clusters.begin(home, SHOP)
    assert first_address() == "172.20.0.1"
    running.stop(control_planes(home))
    clusters.start(home, [SHOP], {SHOP: "10.50.0.0/16"})
    assert first_address() == "172.20.0.1", "the cluster stands"
    clusters.begin(home, SHOP)
    assert first_address() == "10.50.0.1"


def test_a_port_that_another_program_took_is_a_sentence_where_a_cluster_stands(home: Home) -> None:
    clusters.start(home, [SHOP])
    plane = control_plane(home, SHOP)
    waiting = running.url(plane)
    running.stop([plane])
    with taken(waiting):
        clusters.begin(home, SHOP)  # nobody knows its address yet
    stands = running.url(plane)
    assert stands != waiting
    running.stop([plane])
    with taken(stands), pytest.raises(ControlPlaneError, match=r"Port \d+, .* was taken by another program"):
        clusters.start(home, [SHOP])
    clusters.start(home, [SHOP])
    assert running.url(plane) == stands


@contextmanager
def taken(url: str) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(url.rpartition(":")[2])))
        other.listen()
        yield


def test_a_cluster_of_eks_tells_where_its_control_plane_is(home: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    moto_server.ensure(home.aws, url)
    try:
        backend = connected((home.aws, url))
        made = Estate(backend).make("cluster")
        plane = control_plane(home, made.id)
        assert made.outputs["endpoint"] == running.url(plane)
        authority = made.outputs["certificateAuthority"]["data"]
        assert base64.b64decode(authority) == plane.keys.authority.certificate.read_bytes()
        kubeconfig = named(made.outputs["endpoint"], authority)
        put(reached(home, kubeconfig))
        found = backend.read(made)
        assert found is not None
        assert found.outputs["endpoint"] == made.outputs["endpoint"]
        backend.delete(made)
        assert not plane.folder.exists()
        with pytest.raises(Unreachable, match="connection refused"):
            reached(home, kubeconfig)
    finally:
        moto_server.stop(home.aws)


def named(server: str, authority: str) -> str:
    """As infra/aws/cluster.py makes it, as far as it leads to a cluster."""
    cluster = {"name": "c", "cluster": {"server": server, "certificate-authority-data": authority}}
    context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
    return yaml.safe_dump({"clusters": [cluster], "contexts": [context], "current-context": "c"})


def test_a_cluster_of_magnum_hands_out_a_kubeconfig_that_a_client_takes(home: Home) -> None:
    control_planes_of_magnum.begin(home, {"name": SHOP})
    told = way_in(home, SHOP)
    plane = control_plane(home, SHOP)
    raw = told["kubeconfig"]["raw_config"]
    assert told["apiAddress"] == running.url(plane)
    put(reached(home, raw))
    user: Any = yaml.safe_load(raw)["users"][0]["user"]
    admin = plane.keys.client("isthmus").certificate.read_bytes()
    assert base64.b64decode(user["client-certificate-data"]) == admin
    control_planes_of_magnum.end(home, {"name": SHOP})
    assert not plane.folder.exists()
    assert way_in(home, SHOP) == {}
