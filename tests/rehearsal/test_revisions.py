"""Revisions as CI and people have them: shallow clones, branches of origin alone, a base that moved on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rehearsal.revisions import NoRevision, ahead, commit, read_by_a_preview
from tests.rehearsal.conftest import ROOT

WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ada"), ("EMAIL", "ada@example.org"))
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *arguments],
        env={**os.environ, **WHO},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit_file(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A repository with two commits on main and one more on a branch."""
    made = tmp_path / "server"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    commit_file(made, "one")
    commit_file(made, "two")
    git(made, "checkout", "-qb", "change")
    commit_file(made, "three")
    return made


def test_a_branch_that_only_origin_has_is_found(server: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--branch", "change", f"file://{server}", str(clone))
    assert git(clone, "branch", "--list", "main") == ""
    assert commit(clone, "main") == git(server, "rev-parse", "main")


def test_a_shallow_clone_is_told_what_to_fetch(server: Path, tmp_path: Path) -> None:
    clone, base = tmp_path / "clone", git(server, "rev-parse", "main")
    arguments = ("clone", "-q", "--depth=1", "--branch", "change", f"file://{server}", str(clone))
    git(tmp_path, *arguments)
    for missing in (base, "main"):
        with pytest.raises(NoRevision, match=r"this clone is shallow .* `fetch-depth: 0`"):
            commit(clone, missing)
    git(clone, "fetch", "-q", "--unshallow", "origin")
    assert commit(clone, base) == base
    with pytest.raises(NoRevision, match="name a branch"):
        commit(clone, "nosuch")


def test_a_base_that_moved_on_is_counted(server: Path) -> None:
    assert ahead(server, git(server, "rev-parse", "main")) == 0
    git(server, "checkout", "-q", "main")
    commit_file(server, "four")
    newest = commit_file(server, "five")
    git(server, "checkout", "-q", "change")
    assert ahead(server, newest) == 2


def test_only_files_that_a_preview_could_read_ask_for_two() -> None:
    for none in (
        (),
        ("README.md",),
        ("docs/cost.md", "docs/x.svg", "tests/a.py", "data/b.csv", "CHANGELOG.md"),
    ):
        assert not read_by_a_preview(frozenset(none))
    for name in ("infra/aws/site.py", "stacks/Pulumi.prod.yaml", "Pulumi.yaml", "uv.lock", "training/x.sql"):
        assert read_by_a_preview(frozenset(("README.md", name)))


@pytest.mark.parametrize(
    ("event", "branch", "against"),
    [("pull_request", "merged", "five"), ("", "merged", "two"), ("pull_request", "change", "two")],
)
def test_ci_holds_a_merge_against_the_base_that_it_was_merged_into(
    server: Path, event: str, branch: str, against: str
) -> None:
    """GitHub's checkout is a merge into the newest base, which the event's own base may be older than."""
    base = git(server, "rev-parse", "main")
    git(server, "checkout", "-q", "main")
    newest = commit_file(server, "five")
    git(server, "checkout", "-qb", "merged")
    git(server, "merge", "-q", "--no-ff", "-m", "merge", "change")
    git(server, "checkout", "-q", branch)
    shutil.copytree(ROOT / ".ci", server / ".ci")
    program = server / ".venv" / "bin" / "isthmus"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    told = {"STACK": "dev", "BASE": base, "GITHUB_EVENT_NAME": event, "GITHUB_STEP_SUMMARY": ""}
    subprocess.run([server / ".ci" / "review"], env={**os.environ, **told}, check=True)
    asked = (server / "review" / "dev.json").read_text().split()
    assert asked[asked.index("--against") + 1] == {"two": base, "five": newest}[against]
