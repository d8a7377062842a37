"""New orders come in, and the CronJobs train again: with a worker killed, by the right reason, and once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

import boto3

from rehearsal import sandbox
from rehearsal.cluster import agent
from rehearsal.cluster.cron_job import fire
from rehearsal.cluster.job import is_over
from rehearsal.cluster.of_home import clusters
from rehearsal.cluster.overview import log_files
from rehearsal.drills.drill import Drill, DrillFailed, bring_up, expect
from rehearsal.drills.killed_pods import running
from rehearsal.estate import Estate
from rehearsal.orders import order_files
from training.release import Store

Say = Callable[[str], None]
STEPS = ("retrain", "retrain-train", "retrain-rank", "retrain-validate")
NEW_DAYS = 3
_PATIENCE_SECONDS = 600.0
NEVER = "0 0 30 2 *"
"""A time that does not come: what happens here happens by hand."""
TRAINING = {
    "retrain": {
        "enabled": True,
        "schedule": NEVER,
        "train_schedule": NEVER,
        "follow_schedule": NEVER,
        "max_age_days": 1,
    },
    "warm_start": True,
    "hold_back_days": 4,
}


def play(estate: Estate, rounds: int, say: Say) -> str:
    """Let a few days of orders come in ``rounds`` times, and look at what the four CronJobs make of it."""
    sandbox.change(estate.project_dir, {"training": TRAINING})
    files = order_files(estate.orders())
    folder = estate.home.root / "arriving"
    folder.mkdir()
    for file in files[: len(files) - rounds * NEW_DAYS]:
        shutil.copy(file, folder)
    bring_up(estate, folder)
    store = releases_store(estate)
    killed = 0
    for number in range(rounds):
        before = _digest(store)
        copied = len(order_files(folder))
        for file in files[copied : copied + NEW_DAYS]:
            shutil.copy(file, folder)
        estate.seed_orders(folder)
        for step in STEPS:
            killed += _fired(estate, step, kill=step == "retrain-train")
        expect("train: " in _logs(estate, "retrain-by-hand"), "nothing said why it trains")
        after = _digest(store)
        expect(after != before, f"latest.json did not move from {before}")
        settings = store.manifest(after).settings
        expect(settings.get("warm_start_from") == before, f"{after} does not name the release it began with")
        say(f"round {number + 1}: {before[:19]} -> {after[:19]}, begun with the weights of the one before")
        for step in STEPS:
            _fired(estate, step)
        expect(_digest(store) == after, "the same orders made another release")
    return f"{rounds} times new days, {rounds} releases, {killed} workers killed; a second turn made nothing"


def _fired(estate: Estate, cron_job: str, kill: bool = False) -> int:
    """Start a CronJob's Job and wait for its end; returns how many workers were killed meanwhile."""
    ((cluster, schedule),) = [
        (cluster, each)
        for cluster in clusters(estate.home)
        for each in cluster.list("CronJob")
        if each["metadata"]["name"] == cron_job
    ]
    meta = fire(cluster, schedule)["metadata"]
    name, namespace = meta["name"], meta["namespace"]
    agent.ensure(estate.home)
    killed, deadline = 0, time.monotonic() + _PATIENCE_SECONDS
    while (over := is_over(cluster.get("Job", name, namespace) or {})) is None:
        if kill and not killed and "epoch 1/" in _logs(estate, name):
            killed = _kill_a_worker(estate)
        expect(time.monotonic() < deadline, f"{name} does not come to its end: {_logs(estate, name)[-2000:]}")
        time.sleep(0.1)
    if not over[0]:
        raise DrillFailed(f"{name} failed: {over[1]}: {_logs(estate, name)[-2000:]}")
    return killed


def _kill_a_worker(estate: Estate) -> int:
    workers = running(estate, "training.jobs.train")
    for worker in workers[:1]:
        worker.kill()
    return len(workers[:1])


def _logs(estate: Estate, pods: str) -> str:
    return "\n".join(file.read_text(errors="replace") for file in log_files(estate.home, pods))


def releases_store(estate: Estate) -> Store:
    """The releases of the estate's bucket."""
    (name,) = (
        resource["id"]
        for resource in estate.resources()
        if resource["type"] == "aws:s3/bucket:Bucket" and "releases" in resource["urn"].rsplit("::", 1)[-1]
    )
    client: Any = boto3.client(
        "s3",
        endpoint_url=estate.settings.aws.endpoint_url,
        region_name=estate.settings.aws.region,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106 (moto takes any)
    )
    return Store(str(name), client)


def _digest(store: Store) -> str:
    latest = store.latest()
    if latest is None:
        raise DrillFailed("no release is in service")
    return latest["digest"]


DRILL = Drill(
    "trained again",
    "new days of orders: the CronJobs train, rank and validate once, from the weights in service",
    play,
    long=2,
    short=0,
)
