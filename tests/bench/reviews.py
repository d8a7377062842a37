"""A review of a change in a thousand resources beside the two previews that it needs."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.policy.findings import findings
from infra.review.change.compare import compare
from infra.review.preview import read
from infra.review.show import markdown, page
from infra.review.verdict import verdict
from infra.settings.checking import check
from infra.settings.stack_file import read_stack_file
from isthmus.stack_files import write
from rehearsal import revisions, sandbox
from rehearsal.estate import Estate
from rehearsal.home import Home
from rehearsal.plugins.replacements import replaces
from tests.bench.measure import Row, Sample, seconds
from tests.bench.previews import MORE_POOLS, STACK


def rows(rounds: int, say: Callable[[str], None]) -> Iterator[Row]:
    """The previews alone, one after the other, and the whole review with both side by side."""
    say(f"[bold]review of a thousand resources[/], {rounds} rounds beside the two previews")
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name, sandbox.estate(Path(name)) as old:
        folder = old.project_dir.parent
        new = Estate(Home(folder / "other-home"), sandbox.project(folder / "other"))
        new.install()
        for estate, kind in ((old, "g5.2xlarge"), (new, "g5.4xlarge")):
            _enlarge(estate, kind)
        alone, whole, count = [], [], 0
        for _ in range(rounds):
            alone.append(seconds(lambda: [revisions.preview(estate, STACK) for estate in (old, new)]))
            whole.append(seconds(lambda: _review(old, new)))
        count = len(read(revisions.preview(new, STACK), STACK).after)
    previews, review = Sample(tuple(alone)), Sample(tuple(whole))
    yield f"two previews of {count} resources, one after the other", f"{previews} s", ""
    yield "a review of them, page and comment included", f"{review} s", ""
    yield "ratio of the medians", f"{review.median / previews.median:.2f}", "below 2"


def _enlarge(estate: Estate, kind: str) -> None:
    file = estate.project_dir / "stacks" / f"Pulumi.{STACK}.yaml"
    config = copy.deepcopy(dict(read_stack_file(file, file.name).config))
    pool = {"instance_type": kind, "max": 1}
    config["isthmus:aws"]["gpu_pools"] |= {f"more-{number}": pool for number in range(MORE_POOLS)}
    file.write_text(write({"config": config}))


def _review(old: Estate, new: Estate) -> None:
    file = new.project_dir / "stacks" / f"Pulumi.{STACK}.yaml"
    settings = check(file.name, STACK, read_stack_file(file, file.name).config)
    with ThreadPoolExecutor(1) as beside:
        before = beside.submit(revisions.preview, old, STACK)
        after = read(revisions.preview(new, STACK), STACK)
        sides = read(before.result(), STACK), after
    judged = verdict(
        *sides,
        compare(*sides, replaces),
        against="before",
        cost_settings=settings.cost,
        budget=settings.budget,
        findings=findings(after),
    )
    markdown(judged)
    page(judged)
