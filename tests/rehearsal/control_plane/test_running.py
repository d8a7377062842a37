"""Both sites' control planes on this machine: started together, asked, killed, started again, ended."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rehearsal.control_plane import pin, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.control_plane.layout import SERVERS, ControlPlane
from rehearsal.control_plane.provide import Binaries
from rehearsal.engine.files import write_executable
from rehearsal.programs.endings import still_running
from tests.rehearsal.estates import kubectl

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def planes(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[list[ControlPlane]]:
    folder = tmp_path_factory.mktemp("control-planes")
    made = [
        ControlPlane("aws", folder / "aws", "172.20.0.0/20"),
        ControlPlane("openstack", folder / "openstack", "172.20.16.0/20"),
    ]
    running.start(made, binaries)
    yield made
    running.stop(made)


def pids(plane: ControlPlane) -> dict[str, int]:
    return {name: process.pid for name, process in plane.processes().items()}


def test_kubectl_takes_the_kubeconfig_of_each_site(planes: list[ControlPlane], binaries: Binaries) -> None:
    for plane in planes:
        assert set(pids(plane)) == set(SERVERS)
        told = kubectl(binaries, plane.kubeconfig, "version", "-o", "json")
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["serverVersion"]["gitVersion"] == f"v{pin.VERSION}"
        service = kubectl(binaries, plane.kubeconfig, "get", "service", "kubernetes", "-o", "json")
        first = plane.service_cidr.partition("/")[0].rpartition(".")[0]
        assert json.loads(service.stdout)["spec"]["clusterIP"] == f"{first}.1"
    assert len({running.url(plane) for plane in planes}) == 2


def test_only_the_owner_reads_the_keys(planes: list[ControlPlane]) -> None:
    (plane, _) = planes
    for file in (plane.kubeconfig, *plane.keys.folder.glob("*.key"), *plane.keys.folder.glob("*.kubeconfig")):
        assert file.stat().st_mode & 0o077 == 0, file
    assert plane.folder.stat().st_mode & 0o077 == 0


def test_roles_are_enforced(planes: list[ControlPlane], binaries: Binaries) -> None:
    (plane, _) = planes
    scheduler = plane.keys.folder / "kube-scheduler.kubeconfig"
    refused = kubectl(binaries, scheduler, "get", "secrets", "-A")
    assert 'User "system:kube-scheduler" cannot list resource "secrets"' in refused.stderr
    assert kubectl(binaries, scheduler, "get", "pods", "-A").returncode == 0
    nobody = httpx.get(f"{running.url(plane)}/api/v1/namespaces", verify=_trusting(plane))
    assert nobody.status_code == 403


def test_a_pods_token_is_signed_by_the_key_that_the_issuer_shows(
    planes: list[ControlPlane], binaries: Binaries
) -> None:
    (plane, _) = planes
    made = kubectl(binaries, plane.kubeconfig, "create", "token", "default", "--audience=sts.amazonaws.com")
    signed, _, signature = made.stdout.strip().rpartition(".")
    header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    assert claims["iss"] == running.url(plane)
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["sub"] == "system:serviceaccount:default:default"
    shown = json.loads(kubectl(binaries, plane.kubeconfig, "get", "--raw", "/openid/v1/jwks").stdout)
    (key,) = [one for one in shown["keys"] if one["kid"] == header["kid"]]
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(_decoded(key[name])) for name in ("e", "n")))
    numbers.public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_what_is_changed_is_audited_and_no_secret_is(planes: list[ControlPlane]) -> None:
    (_, plane) = planes
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "audited", "namespace": "default"}}
    with Api(plane, running.url(plane)) as api:
        api.apply({**secret, "stringData": {"key": "a-secret-of-this-test"}})
    lines = plane.audit_log.read_text().splitlines()
    (entry,) = [
        found for line in lines if (found := json.loads(line)).get("objectRef", {}).get("name") == "audited"
    ]
    assert (entry["verb"], entry["user"]["username"]) == ("patch", "isthmus")
    assert "a-secret-of-this-test" not in plane.audit_log.read_text()
    assert "YS1zZWNyZXQ" not in plane.audit_log.read_text()


def test_a_second_start_leaves_them_alone(planes: list[ControlPlane], binaries: Binaries) -> None:
    before = [pids(plane) for plane in planes]
    running.start(planes, binaries)
    assert [pids(plane) for plane in planes] == before


def test_a_killed_one_is_started_again_and_has_forgotten_nothing(
    planes: list[ControlPlane], binaries: Binaries
) -> None:
    (plane, other) = planes
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept", "namespace": "default"}}
    with Api(plane, running.url(plane)) as api:
        api.apply({**kept, "data": {"a": "b"}})
    untouched, url = pids(other), running.url(plane)
    for name in (pin.ETCD, pin.API_SERVER):
        plane.processes()[name].kill()
    running.start(planes, binaries)
    assert pids(other) == untouched
    assert running.url(plane) == url
    with Api(plane, url) as api:
        found = api.get("v1", "ConfigMap", "kept", "default")
    assert found is not None
    assert found["data"] == {"a": "b"}


def test_what_a_killed_starter_left_is_ended(tmp_path: Path, binaries: Binaries) -> None:
    plane = ControlPlane("aws", tmp_path / "aws")
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from rehearsal.control_plane import running\n"
        "from rehearsal.control_plane.layout import ControlPlane\n"
        "from rehearsal.control_plane.provide import Binaries\n"
        "plane = ControlPlane('aws', Path(sys.argv[1]))\n"
        "running._has_its_controllers = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "running.start([plane], Binaries(Path(sys.argv[2]), 'built'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, plane.folder, binaries.folder], check=False)
    assert done.returncode == -signal.SIGKILL
    left = list(plane.processes().values())
    assert left
    running.stop([plane])
    assert still_running(left, 0) == []
    plane.clear()
    assert not plane.folder.exists()


def test_nothing_is_left_after_a_stop(tmp_path: Path, binaries: Binaries) -> None:
    plane = ControlPlane("aws", tmp_path / "aws")
    running.start([plane], binaries)
    ran = list(plane.processes().values())
    running.stop([plane])
    plane.clear()
    assert still_running(ran, 0) == []
    inside = [one for one in psutil.process_iter(["cwd"]) if str(tmp_path) in str(one.info["cwd"])]
    assert inside == []
    assert [path for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


def test_a_program_that_ends_is_named_with_its_last_words_and_the_others_end(
    tmp_path: Path, binaries: Binaries
) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / pin.ETCD).symlink_to(binaries.folder / pin.ETCD)
    write_executable(broken / pin.API_SERVER, "#!/bin/sh\necho one\necho no such flag: --x >&2\nexit 2\n")
    plane = ControlPlane("aws", tmp_path / "aws")
    with pytest.raises(ControlPlaneError) as failed:
        running.start([plane], Binaries(broken, "built"))
    told = str(failed.value)
    assert told.startswith("kube-apiserver of aws's control plane ended as it started")
    assert told.endswith(f"{plane.log(pin.API_SERVER)} ends so: one | no such flag: --x")
    assert plane.processes() == {}


def test_the_servers_refusal_is_told_in_its_own_words(planes: list[ControlPlane]) -> None:
    (plane, _) = planes
    with Api(plane, running.url(plane)) as api, pytest.raises(ApiRefused) as refused:
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    assert (refused.value.status, refused.value.reason) == (409, "AlreadyExists")
    assert str(refused.value) == 'namespaces "default" already exists'


def test_a_server_that_says_nothing_is_named_with_its_log(planes: list[ControlPlane]) -> None:
    (plane, _) = planes
    with Api(plane, "https://127.0.0.1:9") as api, pytest.raises(ControlPlaneError) as failed:
        api.list("v1", "Namespace")
    told = str(failed.value)
    assert told.startswith("The API server of aws gave no answer to GET /api/v1 (")
    assert told.endswith(f"its log is {plane.log(pin.API_SERVER)}.")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _trusting(plane: ControlPlane) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=plane.keys.authority.certificate)
