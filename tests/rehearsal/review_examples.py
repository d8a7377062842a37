"""Ten changes of an estate, and the comment that a review writes on each.

``python -m tests.rehearsal.review_examples`` writes the comments in ``comments/`` anew, after a price or the
program has changed: look at what differs before it is committed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from infra.policy.findings import findings
from infra.review.change.cause import Written
from infra.review.change.compare import compare
from infra.review.change.settings_change import settings_changes
from infra.review.finding import Finding
from infra.review.preview import Preview, read
from infra.review.show import markdown
from infra.review.verdict import Verdict, verdict
from infra.settings import read as read_settings
from infra.settings.policy import PolicyException
from rehearsal import revisions
from rehearsal.estate import Estate
from rehearsal.home import Home
from rehearsal.plugins.replacements import replaces

STACK = "prod"
TODAY = date(2026, 11, 28)
"""On which the exceptions of the stack file are looked at."""
ROOT = Path(__file__).parents[2]
COMMENTS = Path(__file__).parent / "comments"
FILE = f"stacks/Pulumi.{STACK}.yaml"
SCHEDULE = (
    "    started_by: schedule # no up waits for a training, with the state locked; "
    "serving.release moves by pull request\n"
)
OLD, NEW = (f"sha256:{digit * 64}" for digit in "ab")
Digest = dict[str, Any]

BASE = (
    ("nat_gateways: per_zone", "nat_gateways: single"),
    ("gateway: transit_gateway", "gateway: transit_gateway\n    dpd: { timeout_seconds: 60 }"),
    ("release: sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0", f"release: {OLD}"),
    ("usd_per_month: 25000", "usd_per_month: 25000\n    components: { aws/aws-pool-training: 240 }"),
)
"""What is written anew in the stack file for all of them."""


@dataclass(frozen=True)
class Example:
    """A change: of the stack file, or, where code makes it, of what the program asks for."""

    name: str
    settings: tuple[tuple[str, str], ...] = ()
    edit: Callable[[Digest], Digest] | None = None
    file: str = ""
    """Of the program, where code makes the change."""


def _open_bucket(digest: Digest) -> Digest:
    for step in digest["steps"]:
        state = step["newState"]
        if state["type"].endswith(":BucketPublicAccessBlock") and "releases" in state["urn"]:
            state["inputs"] |= {"blockPublicPolicy": False, "restrictPublicBuckets": False}
    return digest


def _rename(digest: Digest) -> Digest:
    text = json.dumps(digest)
    return dict(json.loads(text.replace("::aws-registry", "::aws-images")))


def _without_bucket(digest: Digest) -> Digest:
    kept = [step for step in digest["steps"] if not step["urn"].endswith("isthmus-prod-releases")]
    return {**digest, "steps": kept}


_BATCH = "batch: { flavor: g1.l4, max: 2, purpose: training }"
EXAMPLES = (
    Example("bigger-gpu", (("g5.2xlarge", "g5.4xlarge"),)),
    Example("second-nat", (("nat_gateways: single", "nat_gateways: per_zone"),)),
    Example("public-bucket", edit=_open_bucket, file="infra/aws/object_store.py"),
    Example("removed-tunnel-option", (("\n    dpd: { timeout_seconds: 60 }", ""),)),
    Example("renamed-component", edit=_rename, file="infra/aws/site.py"),
    Example(
        "new-pool",
        (("gpu_pools:\n      serving: { flavor", f"gpu_pools:\n      {_BATCH}\n      serving: {{ flavor"),),
    ),
    Example("release-moved", ((OLD, NEW),)),
    Example("schedule-removed", ((SCHEDULE, ""), ("\n    retrain: { enabled: true }", ""))),
    Example("protected-bucket-deleted", edit=_without_bucket, file="infra/aws/site.py"),
    Example("comment-only", (("# Production:", "# Production, as of today:"),)),
)


_FOLDERS = ("stacks", "serving", "training")


@dataclass
class Examples:
    """Their verdicts, each previewed once."""

    estate: Estate
    text: str

    @classmethod
    def of(cls, folder: Path) -> Examples:
        """In a folder of their own, from the stack file as it is with what all examples begin with.

        The program is a copy, no link, since the engine tells of no line outside of the project.
        """
        project = folder / "project"
        project.mkdir()
        for source in ROOT.iterdir():
            # A worktree's .git is a file, which leads back to the repository of whoever runs this.
            if source.is_file() and source.name != ".git":
                shutil.copy(source, project)
            elif (
                source.name not in revisions.LEFT_OUT and (source / "__init__.py").exists()
            ) or source.name in _FOLDERS:
                shutil.copytree(source, project / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        revisions.environment(project)
        estate = Estate(Home(folder / "home"), project)
        estate.install()
        return cls(estate, _replaced((estate.project_dir / FILE).read_text(), BASE))

    def verdict(self, example: Example) -> Verdict:
        """What a review says of a change."""
        changed = _replaced(self.text, example.settings)
        before, after = self._preview(self.text), self._preview(changed)
        if example.edit is not None:
            after = example.edit(json.loads(json.dumps(before)))
        old, new = (read(json.dumps(digest), example.name) for digest in (before, after))
        settings = read_settings(self.estate.project_dir / FILE, STACK)
        written = Written(
            settings_changes(self.text.encode(), changed.encode(), FILE),
            frozenset({example.file} - {""}),
        )
        return verdict(
            old,
            new,
            compare(old, new, replaces),
            against="main",
            cost_settings=settings.cost,
            budget=settings.budget,
            written=written,
            findings=_brought(old, new, settings.policy.exceptions),
        )

    def _preview(self, text: str) -> Digest:
        return dict(json.loads(_previewed(self, text)))

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def _brought(old: Preview, new: Preview, exceptions: tuple[PolicyException, ...]) -> list[Finding]:
    """What the policy holds against the change alone, whatever it holds against the estate before it."""
    there = {(each.rule, each.urn) for each in findings(old, exceptions, today=TODAY)}
    return [each for each in findings(new, exceptions, today=TODAY) if (each.rule, each.urn) not in there]


@cache
def _previewed(examples: Examples, text: str) -> str:
    (examples.estate.project_dir / FILE).write_text(text)
    return revisions.preview(examples.estate, STACK)


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def main() -> None:
    """Write every comment."""
    COMMENTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="isthmus-examples-") as name:
        examples = Examples.of(Path(name))
        for example in EXAMPLES:
            (COMMENTS / f"{example.name}.md").write_text(markdown(examples.verdict(example)))
            print(example.name)


__all__ = ["COMMENTS", "EXAMPLES", "Example", "Examples"]

if __name__ == "__main__":
    main()
