"""A release moves to a stack: one line of its stack file, here or as a pull request."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.settings import SettingsError, read
from isthmus.cli.errors import CommandError
from isthmus.cli.main import app
from isthmus.forge.errors import ForgeError
from tests.isthmus.forge.stand_in import StandIn, forge

ROOT = Path(__file__).parents[2]
ONE, OTHER = (f"sha256:{digit * 64}" for digit in "ab")
FILE = "stacks/Pulumi.prod.yaml"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with the stack files, whose server is a bare repository beside it."""
    server, clone = tmp_path / "server.git", tmp_path / "clone"
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "ada")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ada@example.org")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", server], check=True)
    subprocess.run(["git", "clone", "-q", server, clone], check=True, capture_output=True)
    shutil.copytree(ROOT / "stacks", clone / "stacks")
    # Whatever the stack files pin today.
    text = (clone / FILE).read_text()
    (clone / FILE).write_text(re.sub(r"(?m)^    release: .*\n", "", text))
    shutil.copy(ROOT / "Pulumi.yaml", clone)
    (clone / "infra").mkdir()
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "first")
    git(clone, "push", "-q", "origin", "HEAD")
    monkeypatch.chdir(clone)
    return clone


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with forge() as made:
        for name, value in made.github().items():
            monkeypatch.setenv(name, value)
        yield made


def promote(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["release", "promote", *arguments])


def test_one_line_of_the_stack_file_changes(clone: Path) -> None:
    before = (clone / FILE).read_text()
    assert promote(ONE, "prod").exit_code == 0
    after = (clone / FILE).read_text()
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [f"    release: {ONE}"]
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert read(clone / FILE, "prod").serving.release == ONE
    assert promote(OTHER, "prod").exit_code == 0
    assert after.replace(ONE, OTHER) == (clone / FILE).read_text()
    assert promote("prod", "staging").exit_code == 0
    assert read(clone / "stacks" / "Pulumi.staging.yaml", "staging").serving.release == OTHER


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sha256:abc", "prod"), "is no digest"),
        ((ONE, "nosuch"), "name a stack of stacks/"),
        (("staging", "prod"), "serves latest, which is no release by its digest"),
    ],
)
def test_what_is_no_release_or_no_stack_is_refused(
    clone: Path, arguments: tuple[str, ...], says: str
) -> None:
    before = (clone / FILE).read_bytes()
    done = promote(*arguments)
    assert isinstance(done.exception, CommandError)
    assert says in str(done.exception)
    assert (clone / FILE).read_bytes() == before


def test_a_stack_file_that_would_be_wrong_is_not_written(clone: Path) -> None:
    text = (clone / FILE).read_text().replace("  isthmus:serving:\n", "  isthmus:serving: # ours\n")
    (clone / FILE).write_text(text)
    assert isinstance(promote(ONE, "prod").exception, SettingsError)
    assert (clone / FILE).read_text() == text


def test_a_pull_request_is_opened_and_renewed_and_nothing_here_changes(
    clone: Path, stand_in: StandIn
) -> None:
    # The server has moved on meanwhile, and something here is half done.
    other = clone.parent / "other"
    git(clone.parent, "clone", "-q", str(clone.parent / "server.git"), str(other))
    (other / "later.txt").write_text("later\n")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "later")
    git(other, "push", "-q", "origin", "HEAD")
    (clone / FILE).write_text("half done\n")
    head, status = git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")

    for digest in (ONE, OTHER):
        done = promote(digest, "prod", "--pr")
        assert done.exit_code == 0, done.exception
        changed = git(other, "fetch", "-q", "origin") or git(
            other, "diff", "--stat", "main", "origin/promote/prod"
        )
        assert "1 file changed, 1 insertion(+)" in changed
        assert f"release: {digest}" in git(other, "show", f"origin/promote/prod:{FILE}")
    (pull,) = stand_in.pulls.values()
    assert (pull["head"], pull["base"], pull["title"]) == (
        "promote/prod",
        "main",
        "Serve release bbbbbbbbbbbb in prod",
    )
    assert (git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")) == (head, status)

    git(other, "merge", "-q", "--ff-only", "origin/promote/prod")
    git(other, "push", "-q", "origin", "HEAD")
    again = promote(OTHER, "prod", "--pr")
    assert isinstance(again.exception, ForgeError)
    assert "says so already" in str(again.exception)


def test_without_a_forge_nothing_is_pushed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI_PROJECT"))]:
        monkeypatch.delenv(name)
    assert isinstance(promote(ONE, "prod", "--pr").exception, ForgeError)
    assert "promote" not in git(clone, "ls-remote", "origin")
