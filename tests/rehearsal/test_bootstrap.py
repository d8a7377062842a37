"""The bootstrap as a command, by the real engine: made on the stand-in, found well, changed, taken away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.doctor import CHECKS, Clouds, run
from infra.settings import read
from rehearsal import sandbox, stack_copy
from rehearsal.home import INSIDE, Home

pytestmark = [pytest.mark.engine, pytest.mark.long]
CI = {"repository": "shop/isthmus"}
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
TAG = "aws:costexplorer/costAllocationTag:CostAllocationTag"
TRAIL = "aws:cloudtrail/trail:Trail"


class Shell:
    """A shell inside the rehearsal, in the project's folder."""

    def __init__(self, home: Home, project: Path) -> None:
        self.project = project
        self.environment = {
            **os.environ,
            **home.variables(),
            INSIDE: str(project),
            "PATH": os.pathsep.join([str(home.bin), os.environ["PATH"]]),
            "PULUMI_SKIP_CONFIRMATIONS": "true",
        }
        self.state = home.root / "bootstrap" / "state"

    def __call__(self, *command: str, folder: Path | None = None, status: int = 0, **more: str) -> str:
        done = subprocess.run(
            command,
            cwd=folder or self.project,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def bootstrap(self, **deploy: Any) -> str:
        """``isthmus bootstrap local --up``, with these settings of ``deploy``."""
        sandbox.change(self.project, {"deploy": deploy})
        return self(sys.executable, "-P", "-m", "isthmus.cli.main", "bootstrap", "local", "--up")

    def made(self) -> list[Mapping[str, Any]]:
        """The resources of its state."""
        (file,) = self.state.glob(".pulumi/stacks/*/local.json")
        return list(json.loads(file.read_text())["checkpoint"]["latest"].get("resources") or [])

    def pulumi(self, *arguments: str, status: int = 0) -> str:
        """Plain pulumi on that state, as docs/deploy.md says."""
        copy = self.state.parent / "Pulumi.local.yaml"
        config = ("--config-file", str(copy)) if arguments[0] == "destroy" else ()
        return self(
            *("pulumi", *arguments, "--yes", "--stack", "local", *config),
            folder=self.project / "infra" / "bootstrap",
            status=status,
            PULUMI_BACKEND_URL=f"file://{self.state}",
            PULUMI_CONFIG_PASSPHRASE="",
        )


def empty(s3: Any, bucket: str) -> None:
    """As a person would, versions included."""
    listed = s3.list_object_versions(Bucket=bucket)
    for each in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


@pytest.mark.timeout(600)
def test_the_command_makes_what_the_doctor_looks_for_and_plain_pulumi_takes_it_away(
    home: Home, project: Path
) -> None:
    shell = Shell(home, project)
    said = shell.bootstrap(ci=CI)
    assert "a trail of all regions" in said
    kinds = [each["type"] for each in shell.made()]
    assert (kinds.count(TRAIL), kinds.count(LOCK), kinds.count(TAG)) == (1, 1, 0)

    # A day later the tags can be activated; nothing else changes.
    said = shell.bootstrap(ci=CI, cost_tags=True)
    assert "4 created" in said
    assert "updated" not in said
    assert [each["type"] for each in shell.made()].count(TAG) == 4

    config = stack_copy.write(home, project)
    settings = read(config, "local")
    clouds = Clouds(settings, f"awskms://alias/isthmus-local?region={settings.aws.region}", {})
    wanted = [check for check in CHECKS if check.name in ("key of secrets", "state bucket", "trail")]
    assert [each.state for each in run(wanted, settings, clouds)] == ["ok", "ok", "ok"]

    shell.pulumi("state", "unprotect", "--all")
    assert "BucketNotEmpty" in shell.pulumi("destroy", "--skip-preview", status=1)
    empty(clouds.aws("s3"), f"isthmus-local-{settings.aws.account_id}-state-logs")
    shell.pulumi("destroy", "--skip-preview")
    assert shell.made() == []
    assert not [*(project / "infra" / "bootstrap").glob("Pulumi.*.yaml")], "a stack file beside the program"
