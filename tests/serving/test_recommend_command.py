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
from rehearsal.cluster.record import Cluster
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
    cluster = Cluster(Home(tmp_path), "isthmus-local-aws")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "serving"}})
    ports = [{"name": kind, "containerPort": port} for kind, port in server.ports.items()]
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "triton", "namespace": "serving"},
            "spec": {
                "selector": {"app": "triton"},
                "ports": [{"name": kind, "port": 1, "targetPort": kind} for kind in server.ports],
            },
        }
    )
    pod = cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "triton-1", "namespace": "serving", "labels": {"app": "triton"}},
            "spec": {"containers": [{"name": "triton", "image": "triton", "ports": ports}]},
        }
    )
    with pytest.raises(CommandError, match="no Triton server is ready on site aws"):
        run("17850", "--site", "aws")
    cluster.set_status(pod, {"podIP": server.address, "conditions": [{"type": "Ready", "status": "True"}]})
    assert "17850 is not known" in run("17850")  # with the rehearsal's own key
    assert "17850 is not known" in run("17850", "--site", "aws")
    with pytest.raises(CommandError, match=r"no cluster on site openstack.*isthmus rehearse"):
        run("17850", "--site", "openstack")
