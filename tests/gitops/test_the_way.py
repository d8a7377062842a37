"""The whole way of a change: pull request, comment, merge, plan, deploy, drift, as the workflows have it.

A bare repository stands for the git server, ``tests/isthmus/forge`` for the forge's API, and the rehearsal's
engine and moto for pulumi and AWS. The program is a small one of AWS alone, so that it can be deployed in
seconds; its stack file is that of dev.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from rehearsal.engine.derived import derive
from rehearsal.home import VARIABLE, Home
from tests.gitops.workflows import shell
from tests.isthmus.forge.stand_in import StandIn, forge
from tests.rehearsal.conftest import ROOT, engine_binary, home
from tests.rehearsal.strangers import client, free_address, provider

__all__ = ["engine_binary", "home"]
pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]

PROGRAM = """
content = aws.s3.Bucket("content", bucket="shop-content", tags={"team": "TEAM"}, opts=there)
aws.s3.BucketPublicAccessBlock("content", bucket=content.bucket, block_public_acls=True,
    block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True, opts=there)
"""
WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ada"), ("EMAIL", "ada@example.org"))
}


@dataclass
class Shop:
    """A clone of the repository, the server that it was cloned from, the forge and the cloud."""

    clone: Path
    home: Home
    stand_in: StandIn
    url: str

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", self.clone, *arguments],
            env={**os.environ, **WHO},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, team: str) -> None:
        text = provider(self.url) + PROGRAM.replace("TEAM", team)
        (self.clone / "infra" / "__main__.py").write_text(text)

    def commit(self, why: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", why)
        self.git("push", "-q", "origin", "HEAD")
        return self.git("rev-parse", "HEAD")

    def step(self, workflow: str, name: str, variables: Mapping[str, str], ends: int = 0) -> str:
        """Run a step of a workflow in the clone, as a runner's shell does."""
        environment = {
            **self.home.environment(),
            **self.stand_in.github(),
            VARIABLE: str(self.home.root),
            "PATH": f"{self.home.bin}:{os.environ['PATH']}",
            "COLUMNS": "120",
            **variables,
        }
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", shell(workflow, name)],
            cwd=self.clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == ends, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def shop(home: Home, tmp_path: Path) -> Iterator[Shop]:
    server, clone = tmp_path / "server.git", tmp_path / "clone"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", server], check=True)
    subprocess.run(["git", "clone", "-q", server, clone], check=True, capture_output=True)
    for name in ("infra", "stacks"):
        (clone / name).mkdir()
    shutil.copytree(ROOT / ".ci", clone / ".ci")
    shutil.copy(ROOT / "Pulumi.yaml", clone)
    (clone / "infra" / "policy").symlink_to(ROOT / "infra" / "policy")
    (clone / ".venv").symlink_to(ROOT / ".venv")
    (clone / ".gitignore").write_text(".venv\n.isthmus\nreview\nplan\ndrift\ninfra/policy\n")
    # As a stack file is that no key service has to open, with exceptions for this program alone.
    settings = yaml.safe_load(derive(home, ROOT, "dev").path.read_text())
    settings["config"]["isthmus:policy"] = {
        "exceptions": [
            {
                "rule": rule,
                "resource": "content",
                "owner": "ada@example.org",
                "reason": "a bucket of a test, which nobody keeps anything in",
                "expires": "2099-12-31",
            }
            for rule in (
                "aws-s3-own-key",
                "aws-s3-versioned",
                "aws-s3-tls-only",
                "aws-s3-no-acls",
                "finops-aws-tags",
                "aws-s3-access-logged",
            )
        ]
    }
    (clone / "stacks" / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    with forge() as stand_in:
        made = Shop(clone, home, stand_in, free_address())
        made.write("web")
        made.commit("The shop's content")
        yield made


def test_from_pull_request_to_drift(shop: Shop) -> None:
    base = shop.git("rev-parse", "HEAD")
    stack = {"STACK": "dev", "PULUMI_BACKEND_URL": shop.home.environment()["PULUMI_BACKEND_URL"]}

    # A pull request: reviewed with no credentials, and told by a workflow of its own in one comment.
    shop.git("checkout", "-qb", "teams")
    shop.write("ada")
    head = shop.commit("Ada's team has it now")
    pull = shop.stand_in.add(shop.stand_in.pulls, head="teams", owner="ada", sha=head, state="open")
    shop.step("review", "Review", {"STACK": "dev", "BASE": base, "GITHUB_TOKEN": ""})
    who = {"OWNER": "ada", "BRANCH": "teams"}
    assert "written" in shop.step("review-comment", "Comment", {**who, "COMMIT": head})
    (comment,) = shop.stand_in.comments.values()
    assert comment["on"] == pull
    assert "`tags.team` `web` → `ada`" in comment["body"]

    # Pushed again: the same comment, written anew; what was reviewed before the push is told nowhere.
    shop.write("bob")
    later = shop.commit("No, it is Bob's")
    shop.stand_in.pulls[pull]["sha"] = later
    assert "moved on" in shop.step("review-comment", "Comment", {**who, "COMMIT": head})
    shop.step("review", "Review", {"STACK": "dev", "BASE": base})
    assert "written anew" in shop.step("review-comment", "Comment", {**who, "COMMIT": later})
    (comment,) = shop.stand_in.comments.values()
    assert "`web` → `bob`" in comment["body"]

    # Merged: planned, approved by whom the environment names, and brought up by that plan alone.
    shop.git("checkout", "-q", "main")
    shop.git("merge", "-q", "--no-ff", "-m", "Merge the teams", "teams")
    shop.git("push", "-q", "origin", "main")
    shop.step("deploy-stack", "Plan", stack)
    shop.write("eve")
    refused = shop.step("deploy-stack", "Deploy", stack, 1)
    assert "violates plan" in refused
    assert "created" not in refused
    shop.write("bob")
    shop.step("deploy-stack", "Plan", stack)
    shop.step("deploy-stack", "Deploy", stack)
    s3 = client(shop.url, "s3")
    assert s3.get_bucket_tagging(Bucket="shop-content")["TagSet"] == [{"Key": "team", "Value": "bob"}]

    # At night: nothing moved; somebody opens the bucket; one issue, which closes once it is as it should be.
    shop.step("drift", "Drift", {**stack, "WHO": ""})
    assert not shop.stand_in.issues
    s3.delete_public_access_block(Bucket="shop-content")
    for _ in range(2):
        shop.step("drift", "Drift", {**stack, "WHO": ""})
    (issue,) = shop.stand_in.issues.values()
    assert (issue["title"], issue["state"]) == ("dev has drifted", "open")
    assert "### Security" in issue["body"]
    told = json.loads((shop.clone / "drift" / "dev.json").read_text())
    assert [(each["name"], each["kind"], each["sort"]) for each in told["moved"]] == [
        ("content", "gone", "security")
    ]
    shop.write("bob")

    # What the policy refuses is not planned, and the log says why.
    text = (shop.clone / "infra" / "__main__.py").read_text()
    (shop.clone / "infra" / "__main__.py").write_text(
        text.replace("block_public_policy=True", "block_public_policy=False")
    )
    assert "aws-s3-public-access-blocked" in shop.step("deploy-stack", "Plan", stack, 1)


def test_a_pull_request_has_a_stack_of_its_own_until_it_ends(shop: Shop) -> None:
    stack = {"PULUMI_BACKEND_URL": shop.home.environment()["PULUMI_BACKEND_URL"], "SECRETS_PROVIDER": ""}
    shop.home.state.mkdir(parents=True, exist_ok=True)
    # As dev stands somewhere already.
    subprocess.run(
        [shop.home.bin / "pulumi", "stack", "init", "dev", "--no-select"],
        cwd=shop.clone,
        env=shop.home.environment(),
        check=True,
        capture_output=True,
    )
    shop.git("checkout", "-q", "--", "stacks")
    s3 = client(shop.url, "s3")

    def run(what: str, number: str = "", **more: str) -> str:
        return shop.step("pull-request-stack", "Stack", {**stack, "WHAT": what, "NUMBER": number, **more})

    def buckets() -> list[str]:
        return [each["Name"] for each in s3.list_buckets()["Buckets"]]

    run("up", "7")
    assert buckets() == ["shop-content"]
    mine = yaml.safe_load((shop.clone / "stacks" / "Pulumi.pr-7.yaml").read_text())["config"]
    assert mine == yaml.safe_load((shop.clone / "stacks" / "Pulumi.dev.yaml").read_text())["config"]
    assert "4 unchanged" in run("up", "7")
    run("old")
    run("down", "8")
    assert buckets() == ["shop-content"]
    run("old", DAYS="0")
    assert buckets() == []
    run("down", "7")
    assert shop.git("status", "--porcelain") == ""
