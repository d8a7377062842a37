"""``isthmus drift`` of a real refresh, where somebody changed things past the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.review.drift.drift import drift
from infra.review.drift.show import plain
from infra.review.preview import read
from infra.settings.cost import CostSettings
from rehearsal.home import Home
from tests.rehearsal.conftest import ROOT
from tests.rehearsal.strangers import Stranger, client, free_address, provider

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAM = """
content = aws.s3.Bucket("content", bucket="shop-content", tags={"team": "web"}, opts=there)
aws.s3.Bucket("old", bucket="shop-old", opts=there)
aws.s3.BucketPublicAccessBlock("content", bucket=content.bucket, block_public_acls=True,
    block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True, opts=there)
aws.ec2.Vpc("shop", cidr_block="10.0.0.0/16", opts=there)
"""


def test_what_somebody_changed_is_found_and_sorted(home: Home, tmp_path: Path) -> None:
    url = free_address()
    stranger = Stranger.of(home, tmp_path / "shop", "shop", provider(url) + PROGRAM, root=ROOT)
    stranger.up()
    before = read(stranger.refresh(), "a refresh")
    assert before.refreshed
    assert not drift(before, CostSettings()).moved

    s3 = client(url, "s3")
    s3.put_bucket_tagging(Bucket="shop-content", Tagging={"TagSet": [{"Key": "team", "Value": "ada"}]})
    s3.delete_public_access_block(Bucket="shop-content")
    s3.delete_bucket(Bucket="shop-old")
    told = stranger.refresh()
    found = plain(drift(read(told, "a refresh"), CostSettings()))
    assert [(each["name"], each["kind"], each["sort"]) for each in found["moved"]] == [
        ("old", "gone", "data"),
        ("content", "gone", "security"),
        ("content", "change", "harmless"),
    ]
    assert found["moved"][2]["properties"] == [{"path": "tags.team", "state": "web", "cloud": "ada"}]
    # Nothing was changed by looking: the next refresh says the same.
    assert plain(drift(read(stranger.refresh(), "a refresh"), CostSettings())) == found

    # The command, as a job runs it: the engine of PATH asks, with what it finds in the environment.
    (stranger.folder / "stacks" / "Pulumi.one.yaml").write_bytes(stranger.config.read_bytes())
    file = tmp_path / "refresh.json"
    file.write_text(told)
    environment = {**os.environ, **home.environment(), "PATH": f"{home.bin}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "isthmus.cli.main", "drift", "dev", "--from", str(file), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    written = json.loads(done.stdout)["moved"]
    assert "aws-s3-public-access-blocked" in {rule for each in written for rule in each["breaks"]}
