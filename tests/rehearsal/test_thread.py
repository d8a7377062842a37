"""The thread, whole: one estate is brought up and every test after it finds it as the last one left it.

The order of the tests is the story; each restores what it broke.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import psutil
import pytest

from isthmus.errors import WRONG_DATA
from rehearsal import sandbox
from rehearsal.cluster import agent
from rehearsal.cluster.of_home import clusters
from rehearsal.control_plane.of_home import control_planes
from rehearsal.control_plane.provide import Binaries
from rehearsal.drills import killed_pods
from rehearsal.engine.result import Result
from rehearsal.estate import Estate
from rehearsal.orders import order_files, throwaway_keys
from rehearsal.plugins.aws.inventory import inventory
from tests.pages import PAGES
from tests.pages.blocks import blocks, run
from tests.pages.figures import figures
from tests.rehearsal.estates import isthmus, kubectl, served

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


def aws(estate: Estate, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=estate.settings.aws.endpoint_url,
        region_name=estate.settings.aws.region,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )


def bucket(estate: Estate, which: str) -> str:
    (name,) = (
        resource["id"]
        for resource in estate.resources()
        if resource["type"] == "aws:s3/bucket:Bucket" and which in resource["urn"].rsplit("::", 1)[-1]
    )
    return str(name)


def changes(result: Result) -> int:
    return result.created + result.updated + result.replaced + result.deleted


def test_rehearse_ends_in_recommendations_from_the_real_tritonserver(estate: Estate) -> None:
    told = isthmus(estate, "rehearse")

    assert len(re.findall(r"^Customer \d{5} .* ms, release sha256:", told, re.MULTILINE)) == 3
    assert len(re.findall(r"had bought: [A-Z]", told)) == 3
    # A product line: rank, stock code, description in capitals, score, why.
    assert len(re.findall(r"^ *\d +\w{5,8} +[A-Z].+ personal$", told, re.MULTILINE)) == 15
    for stage in ("engine", "orders", "estate", "answers", "All"):
        assert re.search(rf"^{stage} +\d+\.\d", told, re.MULTILINE), stage
    assert "isthmus recommend" in told[told.index("Next") :]
    running = [process.name() for process in sandbox.processes_of(estate.home)]
    assert "tritonserver" in running


def test_the_second_time_everything_is_unchanged(estate: Estate) -> None:
    told = isthmus(estate, "rehearse")

    (unchanged,) = re.findall(r"estate +\d+\.\d +(\d+) unchanged in", told)
    assert int(unchanged) == len(estate.resources()) >= 100
    assert unchanged == figures()["resources.local"].value, (
        "python -m tests.pages.figures shows it on the pages"
    )


def test_what_an_ended_node_ran_comes_back_where_nothing_has_changed(estate: Estate) -> None:
    agent.stop(estate.home)
    told = isthmus(estate, "rehearse")

    assert re.search(r"estate +\d+\.\d +\d+ unchanged in", told)
    assert len(re.findall(r"^Customer \d{5} .* ms, release sha256:", told, re.MULTILINE)) == 3


def test_the_commands_and_programs_of_the_pages_run_as_written(estate: Estate) -> None:
    pages = [blocks(page.name, page.read_text()) for page in PAGES]
    for some in pages:
        if shown := [block for block in some if block.what == "run"]:
            told = run(shown, estate.project_dir, os.environ)
            assert told.count("\n== ") + 1 == len(shown)


def test_an_unknown_customer_gets_the_popular_products_and_is_told_so(estate: Estate) -> None:
    told = isthmus(estate, "recommend", "99999", "--top", "4")

    assert "99999 is not known to this release" in told
    assert "Popular products instead" in told
    assert told.count("popular") >= 4


def test_what_left_the_private_site_names_no_customer(estate: Estate) -> None:
    source = pd.concat(pd.read_csv(file, dtype=str) for file in order_files(estate.orders()))
    named = set(source["CustomerID"].dropna().str.removesuffix(".0")) | set(source["InvoiceNo"])
    codes = set(source["StockCode"])
    s3, held = aws(estate, "s3"), bucket(estate, "arrivals")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=held)["Contents"]]
    batches = [key for key in keys if key.endswith(".parquet")]
    assert batches
    for key in batches:
        frame = pd.read_parquet(io.BytesIO(s3.get_object(Bucket=held, Key=key)["Body"].read()))
        assert not frame.empty
        for column in frame:
            values = set(frame[column].astype(str))
            # Some stock codes are the same digits as some customer's id; they stand in a column of their own.
            assert values <= codes or not values & named, f"{key}: {column}"


def test_drift_is_reported_by_refresh_and_mended_by_up(estate: Estate) -> None:
    s3, name = aws(estate, "s3"), bucket(estate, "releases")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})

    refreshed = estate.engine.refresh("local")
    assert refreshed.updated == 1, refreshed.stdout

    mended = estate.up()
    assert mended.updated == 1
    assert changes(mended) == 1
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


def test_another_cidr_of_the_vpc_is_a_replacement_in_the_preview(estate: Estate) -> None:
    file = sandbox.stack_file(estate.project_dir)
    before = file.read_text()
    assert "cidr: 10.16.0.0/16" in before
    file.write_text(before.replace("cidr: 10.16.0.0/16", "cidr: 10.17.0.0/16"))
    try:
        replaced: list[str] = []

        def note(event: Any) -> None:
            metadata = (event.get("resourcePreEvent") or {}).get("metadata") or {}
            if metadata.get("op") == "replace":
                replaced.append(metadata["type"])

        previewed = estate.engine.preview("local", on_event=note)
        assert "aws:ec2/vpc:Vpc" in replaced
        assert previewed.replaced >= 1
    finally:
        file.write_text(before)
    assert changes(estate.engine.preview("local")) == 0


def test_killed_triton_is_back_and_answers(estate: Estate) -> None:
    before = served(estate)
    killed_pods._killed_triton(estate)
    assert served(estate) == before


def test_a_release_with_one_flipped_bit_is_refused_by_the_name_of_its_file(
    estate: Estate, tmp_path: Path
) -> None:
    s3, name, digest = aws(estate, "s3"), bucket(estate, "releases"), served(estate)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=name)["Contents"]]
    (key,) = (key for key in keys if digest.removeprefix("sha256:") in key and key.endswith("model.onnx"))
    whole = s3.get_object(Bucket=name, Key=key)["Body"].read()
    flipped = bytearray(whole)
    flipped[len(flipped) // 2] ^= 1
    s3.put_object(Bucket=name, Key=key, Body=bytes(flipped))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "serving.pull"],
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": "rehearsal",
                "AWS_SECRET_ACCESS_KEY": "rehearsal",
                "AWS_REGION": estate.settings.aws.region,
                "AWS_ENDPOINT_URL": str(estate.settings.aws.endpoint_url),
                "RELEASE": digest,
                "RELEASES_BUCKET": name,
                "TRUSTED_KEYS": throwaway_keys().public,
                "MODEL_REPOSITORY": str(tmp_path / "models"),
            },
            capture_output=True,
            text=True,
        )
    finally:
        s3.put_object(Bucket=name, Key=key, Body=whole)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "model.onnx" in told
    assert "Traceback" not in told
    assert not (tmp_path / "models").exists()


def test_a_cron_job_looks_for_drift_and_transfers_nothing_without_reason(estate: Estate) -> None:
    sandbox.change(estate.project_dir, {"training": {"retrain": {"enabled": True}}})
    made = estate.up()
    assert made.created >= 8, "four CronJobs with their components, a role and an account"
    s3, arrivals = aws(estate, "s3"), bucket(estate, "arrivals")
    before = s3.head_object(Bucket=arrivals, Key="orders/manifest.json")["LastModified"]
    for name in ("retrain", "retrain-train", "retrain-rank", "retrain-validate"):
        isthmus(estate, "trigger", name)
        deadline = time.monotonic() + 300
        while not (jobs := [one for one in by_hand(estate, name) if "completionTime" in one["status"]]):
            assert time.monotonic() < deadline, isthmus(estate, "logs", name)
            time.sleep(0.5)
        assert jobs[0]["status"]["succeeded"], isthmus(estate, "logs", name)
    assert "do not train: " in isthmus(estate, "logs", "retrain-by-hand")
    for name in ("train", "rank", "validate"):
        assert "nothing to do" in isthmus(estate, "logs", f"retrain-{name}")
    assert s3.head_object(Bucket=arrivals, Key="orders/manifest.json")["LastModified"] == before
    sandbox.change(estate.project_dir, {"training": {"retrain": {"enabled": False}}})
    assert estate.up().deleted == made.created


def by_hand(estate: Estate, cron_job: str) -> list[dict[str, Any]]:
    """Jobs that were made of a CronJob by hand."""
    return [
        job
        for cluster in clusters(estate.home)
        for job in cluster.list("Job")
        if job["metadata"]["name"].startswith(f"{cron_job}-by-hand-") and "status" in job
    ]


def test_status_and_logs_show_what_runs(estate: Estate) -> None:
    status = isthmus(estate, "status")
    assert "triton" in status
    assert "transfer" in status
    assert "step" in isthmus(estate, "logs", "train") or "epoch" in isthmus(estate, "logs", "train")
    assert "worker 0" in isthmus(estate, "logs", "train-0", "--follow")
    assert "is up. Next:  isthmus status" in isthmus(estate, "doctor")


def test_kubectl_shows_pods_and_logs_of_both_sites(estate: Estate, binaries: Binaries) -> None:
    for plane, said in zip(control_planes(estate.home), ("train", "transfer"), strict=True):
        told = kubectl(binaries, plane.kubeconfig, "get", "pods", "-A")
        assert told.returncode == 0, told.stderr
        rows = [line.split() for line in told.stdout.splitlines()[1:]]
        namespace, name = next(row[:2] for row in rows if row[1].startswith(f"{said}-"))
        log = kubectl(binaries, plane.kubeconfig, "logs", "-n", namespace, name)
        assert log.returncode == 0, log.stderr
        assert log.stdout


def test_a_shell_inside_has_what_the_texts_say(estate: Estate, tmp_path: Path) -> None:
    def inside(command: str, ends: int = 0) -> str:
        isthmus = f"{sys.executable} -P -m isthmus.cli.main"
        ran = subprocess.run(
            ["sh", "-c", f'eval "$({isthmus} env)" && {command}'],
            cwd=estate.project_dir,
            env=os.environ | {"COLUMNS": "80"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in ran.stderr
        assert ran.returncode == ends, ran.stderr
        return ran.stdout + ran.stderr

    digest = served(estate)
    assert f"in service  {digest}" in inside("isthmus release list")
    (one,) = json.loads(inside("isthmus release list --json"))["releases"]
    assert one["digest"] == digest
    assert "training.tuning is off" in inside(f"isthmus tune --fetch --out {tmp_path / 'tuned.yaml'}", ends=1)
    assert f"release {digest[:19]}" in inside(f"isthmus recommend 17961 --release {digest}")
    # Plain pulumi speaks of the estate that stands, with its ports and orders.
    assert json.loads(inside("pulumi preview -s local --json"))["changeSummary"] == {
        "same": len(estate.resources())
    }


def test_settings_that_are_refused_register_nothing(estate: Estate) -> None:
    before = json.dumps(estate.resources(), sort_keys=True)
    file = sandbox.stack_file(estate.project_dir)
    good = file.read_text()
    sandbox.change(estate.project_dir, {"budget": {"usd_per_month": -1}})
    try:
        told = isthmus(estate, "up", ends=WRONG_DATA)
    finally:
        file.write_text(good)
    assert "budget.usd_per_month" in told
    assert json.dumps(estate.resources(), sort_keys=True) == before


def test_destroy_leaves_nothing_in_moto_and_down_leaves_no_process_and_no_record(estate: Estate) -> None:
    url = str(estate.settings.aws.endpoint_url)
    assert inventory(url)
    assert len(control_planes(estate.home)) == 2
    estate.destroy()
    assert inventory(url) == {}
    assert control_planes(estate.home) == [], "each ends with its cluster"

    isthmus(estate, "down")
    assert sandbox.processes_of(estate.home) == []
    # The engine and the plugins stay; nothing that says what there was.
    assert {path.name for path in estate.home.root.iterdir()} <= {"bin", "pulumi-home", "locks"}
    mounts = [one.mountpoint for one in psutil.disk_partitions(all=True)]
    assert not [one for one in mounts if one.startswith(str(estate.home.root))]
    ports = re.findall(r"127\.0\.0\.1:(\d+)", sandbox.stack_file(estate.project_dir).read_text())
    listening = {
        c.laddr.port for c in psutil.net_connections("tcp") if c.laddr and c.status == psutil.CONN_LISTEN
    }
    assert not listening & {int(port) for port in ports}

    assert "Nothing to end" in isthmus(estate, "down") or "is left" in isthmus(estate, "down")
