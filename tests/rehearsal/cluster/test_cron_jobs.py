"""CronJobs: their times, and Jobs with real processes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.cluster import clock
from rehearsal.cluster.cron_job import CronJobPass, drop_orphans, fire
from rehearsal.cluster.record import Cluster
from rehearsal.cluster.schedule import BadSchedule, Schedule
from rehearsal.home import Home
from tests.rehearsal.cluster.conftest import World, container, wait_for


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 3 * * *", "2026-02-28T03:00:00Z", "2026-03-01T03:00:00Z"),
        ("*/30 * * * *", "2026-01-01T00:29:59Z", "2026-01-01T00:30:00Z"),
        ("0 4 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T04:00:00Z"),  # the first Sunday of 2026
        ("0 0 1 * */2", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"),  # the 1st, or Sun, Tue, Thu, Sat
        ("0 0 1 * */1", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("15 6,18 1-3 */6 *", "2026-01-03T18:15:00Z", "2026-07-01T06:15:00Z"),
        ("0 0 13 * 5", "2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z"),  # the 13th or a Friday
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
    ],
)
def test_the_next_time_of_a_schedule(text: str, after: str, expected: str) -> None:
    assert clock.stamp(Schedule.parse(text).after(clock.seconds(after))) == expected


@pytest.mark.parametrize(
    "text", ["0 3 * *", "61 * * * *", "*/0 * * * *", "a * * * *", "5-2 * * * *", "0 4 * * 7"]
)
def test_a_schedule_that_says_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadSchedule):
        Schedule.parse(text)


def cron_job(script: str = "print('again')", **spec: Any) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [container(script)]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "retrain", "namespace": "default"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}, **spec},
    }


class Alone:
    """A record without an agent, and a clock of its own."""

    def __init__(self, home: Home, **spec: Any) -> None:
        self.cluster = Cluster(home, "aws")
        made = self.cluster.apply(cron_job(**spec))
        self.born = datetime.fromtimestamp(clock.seconds(made["metadata"]["creationTimestamp"]), UTC)
        self.first = Schedule.parse("0 3 * * *").after(self.born.timestamp())

    def look(self, now: float) -> list[str]:
        found = self.cluster.get("CronJob", "retrain", "default")
        assert found is not None
        CronJobPass(self.cluster, found, now).run()
        return [job["metadata"]["name"] for job in self.cluster.list("Job")]

    def end(self, name: str) -> None:
        job = self.cluster.get("Job", name, "default")
        assert job is not None
        done = {"type": "Complete", "status": "True", "reason": "CompletionsReached", "message": ""}
        self.cluster.set_status(job, {"conditions": [done]})


DAY = 86400.0


@pytest.fixture
def home(tmp_path: Any) -> Home:
    return Home(tmp_path / "home")


def test_a_job_is_made_when_its_time_has_come_once_and_for_the_last_of_many_missed(home: Home) -> None:
    alone = Alone(home)
    assert alone.look(alone.first - 1) == []
    (one,) = alone.look(alone.first)
    assert one == f"retrain-{int(alone.first // 60)}"
    assert alone.look(alone.first + 5) == [one]
    assert alone.look(alone.first + 3 * DAY + 5) == [one, f"retrain-{int((alone.first + 3 * DAY) // 60)}"]


def test_forbid_waits_for_the_end_of_the_one_before_and_a_deadline_gives_a_time_up(home: Home) -> None:
    alone = Alone(home, concurrencyPolicy="Forbid", startingDeadlineSeconds=600)
    (one,) = alone.look(alone.first)
    assert alone.look(alone.first + DAY) == [one]
    alone.end(one)
    assert len(alone.look(alone.first + DAY + 300)) == 2
    assert len(alone.look(alone.first + 2 * DAY + 700)) == 2


def test_only_the_last_finished_jobs_are_kept_and_none_without_their_cron_job(home: Home) -> None:
    alone = Alone(home, successfulJobsHistoryLimit=1)
    for day in range(3):
        names = alone.look(alone.first + day * DAY)
        alone.end(names[-1])
    alone.look(alone.first + 2 * DAY + 1)
    kept = [j for j in alone.cluster.list("Job") if "deletionTimestamp" not in j["metadata"]]
    assert [job["metadata"]["name"] for job in kept] == [f"retrain-{int((alone.first + 2 * DAY) // 60)}"]
    alone.cluster.delete("CronJob", "retrain", "default")
    drop_orphans(alone.cluster)
    assert all("deletionTimestamp" in job["metadata"] for job in alone.cluster.list("Job"))


def test_fired_by_hand_it_runs_at_once_under_the_name_that_it_is_told(world: World) -> None:
    name = {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}
    env = [
        {"name": "JOB_NAME", "valueFrom": {"fieldRef": name}},
        {"name": "PEERS", "value": "$(JOB_NAME)-0.train:2222"},
    ]
    script = "import os; print(os.environ['JOB_NAME'], os.environ['PEERS'])"
    pod = {"restartPolicy": "Never", "containers": [container(script, env=env)]}
    made = world.apply(
        cron_job(jobTemplate={"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": pod}}})
    )
    job = fire(world.cluster, made)
    assert job["metadata"]["annotations"] == {"cronjob.kubernetes.io/instantiate": "manual"}
    assert job["metadata"]["labels"] == {"a": "b"}
    done = world.finished(job["metadata"]["name"])
    assert done["status"]["succeeded"] == 1
    told = world.log(world.pods(done)[0]).split()
    assert told[0] == job["metadata"]["name"]
    assert told[1].endswith(":2222")
    world.cluster.delete("CronJob", "retrain", "default")
    wait_for(lambda: not world.cluster.list("Job"))
