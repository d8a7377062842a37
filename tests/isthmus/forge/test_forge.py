"""One comment, one issue, one pull request, on GitHub and on GitLab, whatever others wrote there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from isthmus.cli.main import app
from isthmus.forge.errors import ForgeError
from isthmus.forge.forge import Forge
from isthmus.forge.of_environment import of_environment
from isthmus.forge.upkeep import LABEL, MOST_BYTES, comment, issue
from tests.isthmus.forge.stand_in import BOT, ME, StandIn, forge

MARKER = "<!-- isthmus-review: prod -->"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with forge() as made:
        yield made


@pytest.fixture(params=["github", "gitlab"])
def both(request: pytest.FixtureRequest, stand_in: StandIn) -> Forge:
    return of_environment(getattr(stand_in, request.param)())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "comment.md"
    file.write_text(f"{MARKER}\nfirst\n")
    return file


def test_a_comment_is_edited_in_place(both: Forge, stand_in: StandIn, file: Path) -> None:
    for number in range(120):  # more than a page
        stand_in.add(stand_in.comments, on=5, author="ada", body=f"{number}")
    copied = stand_in.add(stand_in.comments, on=5, author="ada", body=f"{MARKER}\nquoted by somebody")
    assert comment(both, 5, file) == "written"
    file.write_text(f"{MARKER}\nsecond\n")
    assert comment(both, 5, file) == "written anew"
    ours = [each["body"] for each in stand_in.comments.values() if each["author"] in (BOT, ME)]
    assert ours == [f"{MARKER}\nsecond\n"]
    assert stand_in.comments[copied]["body"].endswith("quoted by somebody")
    file.write_text(f"{MARKER.replace('prod', 'dev')}\nanother stack\n")
    assert comment(both, 5, file) == "written"


def test_an_issue_is_opened_once_and_closed_when_it_is_over(
    both: Forge, stand_in: StandIn, file: Path
) -> None:
    assert issue(both, "prod has drifted", file, over=True) == "nothing to close"
    assert issue(both, "prod has drifted", file) == "written"
    assert issue(both, "prod has drifted", file) == "written anew"
    (kept,) = stand_in.issues.values()
    assert LABEL in kept["labels"]
    assert issue(both, "prod is as it should be", file, over=True) == "closed"
    assert "closed" in (kept["state"], f"{kept.get('state_event')}d")
    assert len(stand_in.issues) == 1


def test_a_pull_request_is_opened_once(both: Forge, stand_in: StandIn) -> None:
    first = both.propose("promote/prod", "main", "Move the release", "why")
    assert both.propose("promote/prod", "main", "Move it further", "why") == first
    (kept,) = stand_in.pulls.values()
    assert (kept["head"], kept["base"], kept["title"]) == ("promote/prod", "main", "Move it further")


def test_the_pull_request_of_a_fork_is_found_by_branch_and_commit(both: Forge, stand_in: StandIn) -> None:
    number = stand_in.add(stand_in.pulls, head="feature", owner="ada", sha="c0ffee", state="open")
    assert both.pull_request("ada", "feature", "c0ffee") == number
    assert both.pull_request("ada", "feature", "0000") is None
    assert both.pull_request("ada", "other", "c0ffee") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no marker", "has no marker"),
        (b"<!-- isthmus-review: a b -->\n", "has no marker"),
        (MARKER.encode() + b"\n" + b"x" * MOST_BYTES, "and a forge takes"),
    ],
)
def test_what_is_no_text_of_ours_is_not_written(
    content: bytes, says: str, file: Path, stand_in: StandIn
) -> None:
    file.write_bytes(content)
    with pytest.raises(ForgeError, match=says):
        comment(of_environment(stand_in.github()), 5, file)
    assert not stand_in.requests


def test_errors_name_what_is_missing_and_never_the_token(file: Path, stand_in: StandIn) -> None:
    wrong = {**stand_in.github(), "GITHUB_TOKEN": "secret-of-somebody"}
    with pytest.raises(ForgeError, match="refused with 401") as refused:
        comment(of_environment(wrong), 5, file)
    assert "secret-of-somebody" not in str(refused.value)
    for environment, says in (
        ({}, "no forge is known"),
        ({"GITHUB_REPOSITORY": "a/b"}, "GITHUB_TOKEN is not set"),
        ({"CI_PROJECT_ID": "1"}, "GITLAB_TOKEN is not set"),
    ):
        with pytest.raises(ForgeError, match=says):
            of_environment(environment)
    with pytest.raises(ForgeError, match="cannot be asked"):
        of_environment({**stand_in.github(), "GITHUB_API_URL": "http://127.0.0.1:9"}).close(1)


def test_the_commands(monkeypatch: pytest.MonkeyPatch, stand_in: StandIn, file: Path) -> None:
    for name, value in stand_in.github().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["forge", *arguments, "--file", str(file)])

    number = stand_in.add(stand_in.pulls, head="feature", owner="ada", sha="c0ffee", state="open")
    assert "written" in run("comment", "--head", "ada:feature@c0ffee").output
    assert stand_in.comments[number + 1]["on"] == number
    assert "moved on" in run("comment", "--head", "ada:feature@0000").output
    assert isinstance(run("comment", "--head", "nothing").exception, ForgeError)
    assert isinstance(run("comment").exception, ForgeError)
    assert "written" in run("issue", "--title", "prod has drifted").output
