"""The workflows fit the published schemas, are safe by zizmor, and hold to the house's rules."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.settings import read as read_settings
from rehearsal.engine.pin import VERSION
from tests.gitops.workflows import FILES, GITLAB, ROOT, jobs, read, steps

PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
STACKS = ["dev", "staging", "prod"]
MAY_WRITE = {"review-comment.yml": {"pull-requests"}, "drift.yml": {"issues"}}


def by_name(file: Path) -> str:
    return file.name


def test_they_fit_the_published_schemas() -> None:
    for schema, files in (("github-workflows", FILES), ("gitlab-ci", [GITLAB])):
        command = [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            f"vendor.{schema}",
            *map(str, files),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing() -> None:
    command = [
        str(Path(sys.executable).with_name("zizmor")),
        "--offline",
        "--no-progress",
        "--min-severity=medium",
    ]
    done = subprocess.run([*command, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_actions_are_pinned_and_no_key_lives_long(file: Path) -> None:
    text = file.read_text()
    for used in re.findall(r"uses: (.+)", text):
        assert used.startswith("./.github/workflows/") or PINNED.fullmatch(used), used
    assert not re.search(r"AWS_(ACCESS|SECRET)|aws-(access|secret)|PULUMI_ACCESS_TOKEN", text)
    secrets = set(re.findall(r"secrets\.(\w+)", text))
    assert secrets <= {"OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_SECRET"}
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        if step.get("uses", "").startswith("pulumi/actions@"):
            assert step["with"]["pulumi-version"] == VERSION


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_permissions_are_the_least(file: Path) -> None:
    assert read(file)["permissions"] in ({}, {"contents": "read"})
    for job in jobs(file).values():
        wanted = job.get("permissions", {})
        writes = {key for key, value in wanted.items() if value == "write"} - {"id-token"}
        assert writes <= MAY_WRITE.get(file.name, set())
        if "id-token" in wanted:  # the role of AWS: never for a fork, never without an environment
            assert "environment" in job or "uses" in job
            assert "pull_request_target" not in file.read_text()


def test_a_review_needs_no_secret_and_runs_for_forks() -> None:
    (file,) = (each for each in FILES if each.name == "review.yml")
    assert "secrets." not in file.read_text()
    assert "github.token" not in file.read_text()
    assert read(file)[True] == {"pull_request": None}
    assert jobs(file)["review"]["strategy"]["matrix"]["stack"] == STACKS


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_shell_steps_are_scripts_that_both_forges_run(file: Path) -> None:
    for step in steps(file):
        if "run" in step:
            program = step["run"].split()[0]
            assert "${{" not in step["run"], "an expression in a shell step is a way in"
            assert program == "make" or (ROOT / program).is_file(), step["run"]


def test_gitlab_runs_the_same_scripts() -> None:
    told = yaml.safe_load(GITLAB.read_text())
    ours = {step["run"].split()[0] for file in FILES for step in steps(file) if "run" in step} - {"make"}
    theirs = {
        line.split()[0] for job in told.values() if isinstance(job, dict) for line in job.get("script", ())
    }
    assert theirs == ours


def test_a_stack_of_a_merge_request_is_no_forks_and_has_an_end() -> None:
    told = yaml.safe_load(GITLAB.read_text())
    up, down, old = (told[name] for name in ("stack up", "stack down", "old stacks"))
    assert up["environment"]["on_stop"] == "stack down"
    assert up["environment"]["auto_stop_in"]
    assert down["environment"] == {"name": up["environment"]["name"], "action": "stop"}
    for rule in (*told[".stack"]["rules"], *down["rules"]):
        assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"]
        assert "$ISTHMUS_DEPLOYS" in rule["if"]
    assert old["rules"] == told["drift"]["rules"]


def test_each_stack_of_a_cloud_has_its_place() -> None:
    found = {file.name.split(".")[1] for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}
    assert found == {*STACKS, "local"}
    (deploy,) = (each for each in FILES if each.name == "deploy.yml")
    order = jobs(deploy)
    assert [job["with"]["stack"] for job in order.values()] == STACKS
    assert [job.get("needs") for job in order.values()] == [None, "dev", "staging"]
    for stack in STACKS:
        read_settings(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack)


def test_scripts_are_shell_that_a_posix_shell_reads() -> None:
    for script in (ROOT / ".ci").iterdir():
        done = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
