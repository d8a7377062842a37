"""checkov over every Kubernetes object of the four stacks: what it finds is mended, or accepted by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.infra.recorded import SECRET, STACKS, estate_of
from tests.scan.scanner import Found, Scanner, held

pytestmark = [pytest.mark.scan, pytest.mark.timeout(900)]

CHECKOV: Final = Scanner("checkov", "3.3.30")
"""Its newest on 2026-11-28 (https://pypi.org/project/checkov)."""


def plain(value: Any) -> Any:
    """As kubectl would write it: whole numbers whole, no mark of a secret."""
    match value:
        case {**keys} if SECRET in keys:
            return plain(keys["value"])
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value


def write(folder: Path, object: dict[str, Any], name: str) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(plain(object)))


def scanned(folder: Path) -> tuple[set[Found], dict[str, Any]]:
    """What checkov finds in a folder of manifests, and its summary. It asks nobody for anything."""
    told = json.loads(
        CHECKOV.run(
            folder, "-d", ".", "--framework", "kubernetes", "--compact", "--skip-download", "-o", "json"
        )
    )
    failed = told["results"]["failed_checks"]
    # A pod of a Job is called by the Job and a number of checkov's own.
    return {Found(one["check_id"], one["resource"]) for one in failed}, told["summary"]


def test_manifests_of_the_four_stacks(tmp_path: Path) -> None:
    count = 0
    for stack in STACKS:
        for each in estate_of(stack).resources:
            if each.type.startswith("kubernetes:") and "apiVersion" in each.inputs:
                count += 1
                write(tmp_path, each.inputs, f"{stack}-{count}")
    found, summary = scanned(tmp_path)
    assert summary["parsing_errors"] == 0
    assert summary["resource_count"] >= count
    assert summary["passed"] > 10 * summary["failed"]
    assert held(CHECKOV, found) == ([], [])


def test_an_open_pod_is_found(tmp_path: Path) -> None:
    container = {"name": "open", "image": "nginx", "securityContext": {"privileged": True}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "open", "namespace": "serving"},
        "spec": {"hostNetwork": True, "containers": [container]},
    }
    write(tmp_path, pod, "open")
    found, _ = scanned(tmp_path)
    new, _ = held(CHECKOV, found)
    # Privileged, and the host's network.
    assert {"CKV_K8S_16", "CKV_K8S_19"} <= {one.check for one in new}
