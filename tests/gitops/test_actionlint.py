"""actionlint finds nothing in the workflows. It is built here, of the version that its module pins."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gitops.workflows import FILES, ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
MODULE = Path(__file__).parent / "actionlint"
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go to build actionlint with")
    built = tmp_path_factory.mktemp("actionlint") / "actionlint"
    done = subprocess.run(
        [go, "build", "-o", built, PACKAGE], cwd=MODULE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return built


def lint(program: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-no-color", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_it_finds_nothing_in_the_workflows(actionlint: Path) -> None:
    done = lint(actionlint, *FILES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_would_find_what_is_wrong(actionlint: Path, tmp_path: Path) -> None:
    (review,) = (each for each in FILES if each.name == "review.yml")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(review.read_text().replace("matrix.stack", "matrix.stak"))
    done = lint(actionlint, wrong)
    assert done.returncode == 1
    assert 'property "stak" is not defined' in done.stdout
