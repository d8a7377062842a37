"""``isthmus review --against`` a revision: both previewed, the lines named, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from infra.review.show.report import SCHEMA_FILE
from rehearsal.revisions import NoRevision, changed_files, commit
from tests.rehearsal.review_examples import FILE, STACK, Examples

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """A repository of the project with one commit, and both a setting and a component changed since."""
    made = Examples.of(tmp_path_factory.mktemp("clone"))
    project = made.estate.project_dir
    (project / ".gitignore").write_text(".venv\n.isthmus\n")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "first"]):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", project, *who, *arguments], check=True)
    text = (project / FILE).read_text()
    (project / FILE).write_text(text.replace("g5.2xlarge, max: 4", "g5.2xlarge, max: 5"))
    site = project / "infra" / "aws" / "site.py"
    site.write_text(site.read_text().replace('-registry"', '-images"', 1))
    return made


def review(clone: Examples, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    aside = tmp_path / "aside"
    aside.mkdir()
    environment = {**os.environ, "ISTHMUS_HOME": str(clone.estate.home.root), "TMPDIR": str(aside)}
    done = subprocess.run(
        [sys.executable, "-m", "isthmus.cli.main", "review", STACK, *arguments],
        cwd=clone.estate.project_dir,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [path for path in aside.iterdir() if path.name.startswith("isthmus-review-")]
    return done


def test_both_revisions_are_previewed_and_judged(clone: Examples, tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("c.md", "p.html", "f.sarif")]
    flags = [f"--{name}={path}" for name, path in zip(("markdown", "html", "sarif"), outputs, strict=True)]
    done = review(clone, tmp_path, "--against", "main", "--json", *flags)
    assert done.returncode in (0, 1), done.stderr
    written: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(written, json.loads(SCHEMA_FILE.read_text()))
    assert [(each["key"], each["before"], each["after"]) for each in written["settings"]] == [
        ("aws.gpu_pools.training.max", "4", "5")
    ]
    assert written["files"] == ["infra/aws/site.py"]
    found = {(each["kind"], each["name"]): each for each in written["changes"]}
    group = found["change", "aws-pool-training-spot"]
    assert group["settings"] == ["aws.gpu_pools.training.max"]
    line = (clone.estate.project_dir / FILE).read_text().splitlines()[group["at"]["line"] - 1]
    assert "max: 5" in line
    moved = [each for each in written["changes"] if each["like"]]
    assert moved
    assert {each["at"]["file"] for each in moved} == {"infra/aws/site.py"}
    assert all(path.stat().st_size for path in outputs)


def test_what_is_no_revision_is_one_sentence(clone: Examples, tmp_path: Path) -> None:
    done = review(clone, tmp_path, "--against", "nosuch")
    assert done.returncode == 2
    assert "is no revision of the repository" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(NoRevision):
        commit(clone.estate.project_dir, "--output=/tmp/x")
    assert changed_files(clone.estate.project_dir, "HEAD") == {FILE, "infra/aws/site.py"}


@pytest.mark.long
def test_a_change_of_pages_alone_takes_one_preview(clone: Examples, tmp_path: Path) -> None:
    project = clone.estate.project_dir
    subprocess.run(["git", "-C", project, "stash", "-q"], check=True)
    (project / "README.md").write_text("changed")
    done = review(clone, tmp_path, "--against", "main", "--json")
    assert "once: nothing that it reads differs" in done.stderr
    written: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, written["changes"], written["files"]) == (0, [], ["README.md"])
    assert written["monthly"]["change"] == {"low": 0.0, "expected": 0.0, "high": 0.0}
    assert written["monthly"]["after"]["expected"] > 0
    assert not any(each["refuses"] for each in written["findings"])
