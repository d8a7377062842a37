"""``isthmus recommend`` against the real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli.commands.recommend import recommend
from isthmus.cli.errors import CommandError
from isthmus.errors import IsthmusError
from rehearsal.cluster import pod_address
from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.of_home import control_plane
from rehearsal.home import Home
from serving.local.server import LocalServer
from tests.serving.small_release import SmallRelease
from training.release import ReleaseError

app = typer.Typer()
app.command()(recommend)


def run(*args: str) -> str:
    result = CliRunner().invoke(app, list(args), catch_exceptions=False, env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_known_customer_sees_purchases_products_and_why(server: LocalServer, release: SmallRelease) -> None:
    known = list(release.customers)[-1]
    output = run(known, "--top", "3", "--pseudonyms", "--url", server.url("grpc"))
    assert f"Customer {known}" in output
    assert "had bought: LAMPE À" in output
    assert "and 29 more" in output
    assert release.digest[:19] in output
    assert all(code in output for code in release.expected(known, 3, only_new=False))
    assert "personal" in output


def test_an_unknown_customer_is_told(server: LocalServer, release: SmallRelease) -> None:
    output = run("17850", "--key", "0123456789abcdef", "--url", server.url("http"))
    assert "17850 is not known to this release" in output
    assert "Popular products instead" in output


def test_json_has_one_object_for_each_customer(server: LocalServer, release: SmallRelease) -> None:
    names = [*release.customers, "nobody"]
    output = run(*names, "--json", "--only-new", "--top", "4", "--pseudonyms", "--url", server.url("grpc"))
    answers = [json.loads(line) for line in output.splitlines()]
    assert [answer["customer"] for answer in answers] == names
    for answer in answers:
        codes = [product["code"] for product in answer["products"]]
        assert codes == release.expected(answer["customer"], 4, only_new=True)


@pytest.mark.parametrize("asked", [["17850"], ["--all", "--out", "all.csv"]])
def test_a_folder_that_is_no_release_is_one_sentence(asked: list[str], tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is not a release: it has no manifest"):
        run(*asked, "--release", str(tmp_path / "nothing"), "--key", "0123456789abcdef")


def test_no_server_is_one_sentence() -> None:
    with pytest.raises(IsthmusError, match="isthmus status"):
        run("x", "--pseudonyms", "--url", "grpc://127.0.0.1:9")


def test_the_rehearsals_server_is_found_by_site(
    server: LocalServer, release: SmallRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_HOME", str(tmp_path))
    # The server of these tests is no pod: it listens where no pod does.
    monkeypatch.setattr(pod_address, "_HERE", "127.0.")
    plane = control_plane(Home(tmp_path), "isthmus-local-aws")
    clusters.start(Home(tmp_path), [plane.site])
    try:
        _asked_by_site(server, Api(plane, running.url(plane)))
    finally:
        running.stop([plane])


def _asked_by_site(server: LocalServer, api: Api) -> None:
    """A Service's slice as the cluster's own controller would write it, had a pod of the server's address."""
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "serving"}})
    ports = [{"name": kind, "port": port} for kind, port in server.ports.items()]
    meta = {"name": "triton", "namespace": "serving"}
    api.apply({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": ports}})
    with pytest.raises(CommandError, match="no Triton server is ready on site aws"):
        run("17850", "--site", "aws")
    api.apply(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**meta, "labels": {"kubernetes.io/service-name": "triton"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [pod_address.told(server.address)], "conditions": {"ready": True}}],
            "ports": ports,
        }
    )
    assert "17850 is not known" in run("17850")  # with the rehearsal's own key
    assert "17850 is not known" in run("17850", "--site", "aws")
    with pytest.raises(CommandError, match=r"no cluster on site openstack.*isthmus rehearse"):
        run("17850", "--site", "openstack")
