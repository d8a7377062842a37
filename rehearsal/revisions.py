"""Another revision of the project, laid out beside it for a preview, and gone afterwards.

`git archive` writes it into a temporary folder: nothing of the repository changes, no worktree is registered
that a killed run would leave behind, and what is not committed stays where it is.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError
from rehearsal.engine.derived import derive
from rehearsal.engine.files import write_text
from rehearsal.estate import Estate
from rehearsal.home import Home
from rehearsal.programs.with_parent import with_parent

LEFT_OUT: Final = ("data", "docs", "tests")
"""What no preview reads."""
ATTEMPTS: Final = 3
LEFT_EARLY: Final = "exited prematurely"
"""Of the engine's sentence on a plugin that was gone before it was told to."""


class NoRevision(IsthmusError):
    """The revision cannot be laid out; the message says why and what to give instead."""


def commit(project_dir: Path, revision: str) -> str:
    """The commit that a revision names: a branch, a tag, ``HEAD~1``.

    A branch that was never checked out here, as in CI, is that of ``origin``. Raises NoRevision.
    """
    for name in (revision, f"origin/{revision}"):
        if found := _commit(project_dir, name):
            return found
    shallow = _git(project_dir, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    told = (
        "this clone is shallow and may lack it: fetch the rest (`git fetch --unshallow`; `fetch-depth: 0` of "
        "actions/checkout, `GIT_DEPTH: 0` of GitLab)"
        if shallow
        else "name a branch, a tag, a commit, or the output of `pulumi preview --json --show-sames`"
    )
    raise NoRevision(
        f"--against {revision[:80]!r} is no revision of the repository around {project_dir} and no file: "
        f"{told}"
    )


def _commit(project_dir: Path, name: str) -> str:
    found = _git(project_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return "" if found.returncode else found.stdout.decode(errors="replace").strip()


def ahead(project_dir: Path, commit: str) -> int:
    """How many commits a revision has that this one has not, whose changes a comparison shows undone."""
    counted = _git(project_dir, "rev-list", "--count", f"HEAD..{commit}").stdout.strip()
    return int(counted) if counted.isdigit() else 0


def read_by_a_preview(files: frozenset[str]) -> bool:
    """Whether a preview could read any of some files below the project."""
    return any(name.partition("/")[0] not in LEFT_OUT and not name.endswith(".md") for name in files)


def changed_files(project_dir: Path, commit: str) -> frozenset[str]:
    """Files below the project that differ between a commit and what lies here, new ones included."""
    found = set[str]()
    for arguments in (
        ("diff", "--name-only", "--relative", "-z", commit, "--", "."),
        ("ls-files", "--others", "--exclude-standard", "-z", "--", "."),
    ):
        done = _git(project_dir, *arguments)
        found |= {name.decode(errors="replace") for name in done.stdout.split(b"\0") if name}
    return frozenset(found)


@contextmanager
def laid_out(estate: Estate, commit: str) -> Iterator[Estate]:
    """An estate of another commit, with a home of its own; all of it goes with the block.

    Raises NoRevision where the commit has no such project.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-review-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        project = folder / "project"
        _write(estate.project_dir, commit, project)
        environment(project)
        other = Estate(Home(folder / "home"), project)
        other.install()
        yield other


def preview(estate: Estate, stack: str) -> str:
    """The engine's preview of a stack as JSON, by a copy of its stack file with placeholders for secrets.

    A busy machine may not end all plugins in the five seconds that the engine gives them, which it then calls
    a failed preview (v3.259.0, pkg/host/host.go, ReleaseContext). Nothing was changed, so it is asked again.

    Raises EngineError.
    """
    file = derive(estate.home, estate.project_dir, stack).path
    for _ in range(ATTEMPTS):
        told = estate.engine.preview(stack, config_file=file, arguments=("--json", "--show-sames")).stdout
        if LEFT_EARLY not in told:
            break
    return told


def _write(project_dir: Path, commit: str, target: Path) -> None:
    listed = _git(project_dir, "ls-tree", "--name-only", "-z", commit)
    there = {name.decode(errors="replace") for name in listed.stdout.split(b"\0") if name}
    wanted = sorted(there - set(LEFT_OUT))
    if "Pulumi.yaml" not in wanted or "infra" not in wanted:
        raise NoRevision(f"{commit[:12]} has no Pulumi.yaml and infra/ in it: name a later revision")
    target.mkdir()
    command = ["git", "-C", str(project_dir), "archive", "--format=tar", commit, "--", *wanted]
    with (
        subprocess.Popen(
            with_parent(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        try:
            archive.extractall(target, filter="data")
        except tarfile.FilterError as error:
            raise NoRevision(
                f"{commit[:12]} has a file that leads outside of the project ({error}): take it out of that "
                "revision, or name one without it"
            ) from None
    if process.returncode:
        raise NoRevision(f"git could not read {commit[:12]}: run `git fsck` in {project_dir}")


def environment(project: Path) -> None:
    """A virtual environment with what is installed here, but the project's own packages from this folder."""
    here = Path(site.getsitepackages()[0])
    packages = project / ".venv" / "lib" / here.parent.name / "site-packages"
    packages.mkdir(parents=True)
    for entry in here.iterdir():
        if entry.suffix != ".pth" and not entry.name.startswith("__editable__"):
            (packages / entry.name).symlink_to(entry)
    own = [str(project), str(project / "serving" / "client")]
    write_text(packages / "isthmus.pth", "\n".join(own) + "\n")
    programs = project / ".venv" / "bin"
    programs.mkdir()
    interpreter = os.path.realpath(sys.executable)
    (programs / "python").symlink_to(interpreter)
    write_text(project / ".venv" / "pyvenv.cfg", f"home = {Path(interpreter).parent}\n")


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("git") is None:
        raise NoRevision("git is not on PATH, and --against a revision needs it: install it")
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
