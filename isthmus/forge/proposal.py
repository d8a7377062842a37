"""A change of one file proposed as a pull request, without touching what is checked out here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from isthmus.forge.errors import ForgeError
from isthmus.forge.forge import Forge


def propose(
    forge: Forge,
    folder: Path,
    file: str,
    edit: Callable[[str], str],
    *,
    branch: str,
    base: str,
    title: str,
    body: str,
) -> str:
    """Commit an edited file on top of the newest base, push it, and open or renew its pull request.

    Args:
        forge: where the pull request is opened.
        folder: in the clone; its remote ``origin`` is pushed to.
        file: its path from the top of the repository.
        edit: the new text from the old one.
        branch: that is pushed; what an earlier proposal left there is replaced.
        base: the branch that it is for.
        title: of commit and pull request.
        body: why.

    Returns:
        The address of the pull request.

    Raises:
        ForgeError: git or the forge refuses, or the edit changes nothing.
    """
    _git(folder, "fetch", "--quiet", "origin", base)
    parent = _git(folder, "rev-parse", "FETCH_HEAD").strip()
    before = _git(folder, "show", f"{parent}:{file}")
    after = edit(before)
    if after == before:
        raise ForgeError(f"{file} of {base} says so already: there is nothing to propose")
    with tempfile.TemporaryDirectory(prefix="isthmus-proposal-") as name:
        index = {"GIT_INDEX_FILE": str(Path(name) / "index")}
        blob = _git(folder, "hash-object", "-w", "--stdin", stdin=after).strip()
        _git(folder, "read-tree", parent, more=index)
        _git(folder, "update-index", "--cacheinfo", f"100644,{blob},{file}", more=index)
        tree = _git(folder, "write-tree", more=index).strip()
    commit = _git(folder, "commit-tree", tree, "-p", parent, "-m", title, "-m", body).strip()
    _git(folder, "push", "--quiet", "origin", f"+{commit}:refs/heads/{branch}")
    return forge.propose(branch, base, title, body)


def _git(folder: Path, *arguments: str, stdin: str | None = None, more: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise ForgeError(f"`git {arguments[0]}` failed: {last}")
    return done.stdout
