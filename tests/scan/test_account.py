"""prowler over the account of stack ``local``, as moto has it after an up: nothing severe is unexplained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.rehearsal.standing.standing_estate import standing
from tests.scan.scanner import Found, Scanner, held

pytestmark = [pytest.mark.engine, pytest.mark.scan, pytest.mark.timeout(1800)]

PROWLER: Final = Scanner("prowler", "5.46.0")
"""Its newest on 2026-11-28 (https://pypi.org/project/prowler)."""
SERVICES: Final = ("s3", "ec2", "vpc", "iam", "kms", "eks", "ecr", "cloudwatch")
SEVERE: Final = frozenset({"High", "Critical"})


def told(folder: Path, endpoint: str, region: str, environment: dict[str, str]) -> list[dict[str, Any]]:
    """What prowler says of each check and resource, in its own order."""
    PROWLER.run(
        folder,
        *("aws", "--region", region, "--service", *SERVICES, "--no-banner", "--ignore-exit-code-3"),
        *("--output-modes", "json-ocsf", "--output-directory", "out", "--output-filename", "told"),
        environment={**environment, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": region},
    )
    return list(json.loads((folder / "out" / "told.ocsf.json").read_text()))


def test_an_account_with_the_estate(tmp_path: Path) -> None:
    with standing(tmp_path / "estate", faulty=False) as one:
        estate = one.estate
        settings = estate.settings.aws
        said = told(tmp_path, str(settings.endpoint_url), settings.region, estate.home.environment())
    severe = {
        Found(one["metadata"]["event_code"], resource["uid"])
        for one in said
        if one["status_code"] == "FAIL" and one["severity"] in SEVERE
        for resource in one["resources"]
    }
    # It saw the estate, and did not only find nothing there.
    passed = {one["metadata"]["event_code"] for one in said if one["status_code"] == "PASS"}
    assert {
        "s3_bucket_public_access",
        "kms_cmk_rotation_enabled",
        "eks_cluster_uses_a_supported_version",
    } <= passed
    assert held(PROWLER, severe) == ([], [])
