"""The documented shapes of ``--json``: what the pages show has the keys that the commands print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from isthmus.cli.commands import preview, release, release_drift, status
from rehearsal.cluster.overview import PodLine
from rehearsal.cluster.rollouts import RolloutLine
from rehearsal.engine.result import Diagnostic, Result
from rehearsal.home import Home
from training.operations.drift.decide import Decision
from training.operations.drift.inputs import Drift

DOCS = Path(__file__).parents[2] / "docs"


def documented(page: str, key: str) -> Any:
    """The JSON block of a page that has a key."""
    blocks = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    (found,) = (value for block in blocks if key in (value := json.loads(block)))
    return found


def shape(value: Any) -> Any:
    """The keys of a value, in their order, down to its lists' first entries."""
    if isinstance(value, dict):
        return {key: shape(element) for key, element in value.items()}
    return [shape(element) for element in value[:1]] if isinstance(value, list) else None


def test_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = documented("rehearsal.md", "pods")
    pod = PodLine(
        "c", "aws", "serving", "triton", 1, 1, "Running", 0, 1.4, "image", "us", "127.77.1.1", "", False
    )
    rollout = RolloutLine("c", "aws", "serving", "triton", "Paused", 2, 5, "CanaryPauseStep")
    monkeypatch.setattr(status, "_stand_ins", lambda _: dict(example["standIns"]))
    assert shape(status._plain(Home(tmp_path), [pod], [rollout])) == shape(example)


def test_preview() -> None:
    result = Result(
        "preview", "prod", changes={"create": 3, "same": 4, "replace": 2, "update": 1, "delete": 5}
    )
    result.diagnostics = [Diagnostic("warning", "beware"), Diagnostic("error", "no")]
    urn = "urn:pulumi:prod::isthmus::aws:s3/bucket:Bucket::logs"
    changing: list[dict[str, Any]] = []
    for metadata in (
        {"op": "update", "urn": urn, "type": "aws:s3/bucket:Bucket", "diffs": ["tags", "acl"]},
        {"op": "same", "urn": urn, "type": "aws:s3/bucket:Bucket"},
    ):
        preview._take({"resourcePreEvent": {"metadata": metadata}}, changing)
    written = preview._plain(result, changing)
    assert shape(written) | {"warnings": []} == shape(documented("rehearsal.md", "counts"))
    assert written["counts"] == {"create": 3, "update": 1, "replace": 2, "delete": 5, "unchanged": 4}
    (resource,) = written["resources"]
    assert (resource["name"], resource["operation"], resource["changed"]) == (
        "logs",
        "update",
        ["acl", "tags"],
    )
    assert written["warnings"] == ["beware"]
    assert "3 to create, 1 to update, 2 to replace, 5 to delete, 4 unchanged" in str(result)
    result.command = "up"
    assert "3 created, 1 updated, 2 replaced, 5 deleted, 4 unchanged" in str(result)


def test_drift() -> None:
    found = Drift("products", "", "10.5% in new ones", 0.451, 0.203, 0.2, True)
    written = release_drift._plain(Decision(True, "drift of products", "sha256:0", 0, (found,)))
    example = documented("retraining.md", "drifts")
    assert shape(written) == shape(example)
    assert written["drifts"] == example["drifts"]


def test_releases() -> None:
    example = documented("validation.md", "releases")
    assert list(example) == ["bucket", "inService", "releases"]
    scores = {"this release": {"all products": {"recall": 0.2}}, "popular": {"all products": {"recall": 0.1}}}

    class Window:
        first_day, last_day, days, rows = "2011-09-01", "2011-09-23", 20, 28932

    class Manifest:
        window = Window()

        def digest(self) -> str:
            return "sha256:0"

    written = release._plain(Manifest(), None, {"scores": scores})  # type: ignore[arg-type]
    assert shape(written) == shape(example["releases"][0])
    assert (written["recallAt20"], written["popularRecallAt20"], written["signedBy"]) == (0.2, 0.1, None)
