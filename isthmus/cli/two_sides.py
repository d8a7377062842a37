"""The two sides of a review: previews by the rehearsal's engine side by side, or previews that are there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.review.change.cause import Written
    from infra.review.change.change import Change
    from infra.review.preview import Preview
    from infra.settings import Settings
    from infra.settings.policy import PolicyException

STATE = "state"
"""Stands for what a preview says stands already."""


@dataclass(frozen=True)
class Sides:
    """What is compared, and how the two differ as they are written."""

    before: Preview
    after: Preview
    changes: tuple[Change, ...]
    against: str
    written: Written
    exceptions: tuple[PolicyException, ...] | None = None
    """Of the policy, as the stack file before the change has them; None: as the one after it has them."""


def of_one(preview: Preview) -> Sides:
    """What one preview says of itself: the engine compared with the stack's state."""
    from infra.review.change.cause import Written
    from infra.review.change.of_engine import changes_of
    from infra.review.preview import Preview

    before = Preview(preview.stack, {}, preview.before, preview.config)
    return Sides(before, preview, changes_of(preview), "what stands", Written())


def of_files(after: Preview, file: Path) -> Sides:
    """Two previews that are there. Raises CannotJudge."""
    from infra.review.change.cause import Written
    from infra.review.change.compare import compare
    from infra.review.preview import read_file
    from rehearsal.plugins.replacements import replaces

    before = read_file(file)
    return Sides(before, after, compare(before, after, replaces), file.name, Written())


def of_revision(stack: str, revision: str) -> Sides:
    """The stack as it is written here and as it was in a revision, previewed side by side.

    Raises IsthmusError where one of them cannot be previewed.
    """
    from infra.review.change.cause import Written
    from infra.review.change.compare import compare
    from infra.review.change.settings_change import settings_changes
    from infra.review.preview import read
    from isthmus.cli.console import err
    from rehearsal import revisions
    from rehearsal.estate import Estate
    from rehearsal.plugins.replacements import replaces

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    commit = revisions.commit(estate.project_dir, revision)
    name = f"stacks/Pulumi.{stack}.yaml"
    estate.install()
    changed = revisions.changed_files(estate.project_dir, commit)
    ahead = revisions.ahead(estate.project_dir, commit)
    if not revisions.read_by_a_preview(changed):
        # A change of pages or tests alone: the program is the same on both sides.
        err.print(f"Previewing {stack} once: nothing that it reads differs from {commit[:12]}", style="dim")
        only = read(revisions.preview(estate, stack), f"the preview of {stack}")
        return Sides(only, only, (), revision, Written(files=changed, ahead=ahead))
    err.print(f"Previewing {stack} as it is here and as in {commit[:12]}", style="dim")
    with revisions.laid_out(estate, commit) as other, ThreadPoolExecutor(1) as beside:
        # Another program of the same stack must not meet this one's state or derived files.
        old = beside.submit(revisions.preview, other, stack)
        new = revisions.preview(estate, stack)
        before = read(old.result(), f"the preview of {stack} in {revision}")
        after = read(new, f"the preview of {stack}")
        settings = settings_changes(
            (other.project_dir / name).read_bytes(), (estate.project_dir / name).read_bytes(), name
        )
        exceptions = _exceptions(other.project_dir / name, stack)
    written = Written(settings, changed - {name}, ahead)
    return Sides(before, after, compare(before, after, replaces), revision, written, exceptions)


def _exceptions(file: Path, stack: str) -> tuple[PolicyException, ...] | None:
    """Those of another revision's stack file; None where its settings are none of today's."""
    from infra.settings import SettingsError, read

    try:
        return read(file, stack).policy.exceptions
    except SettingsError:
        return None


def settings_of(stack: str) -> Settings:
    """The settings of a stack file. Raises SettingsError."""
    from infra.settings import read
    from rehearsal.home import project_root

    return read(project_root() / "stacks" / f"Pulumi.{stack}.yaml", stack)
