"""Programs that are not ours, as a stranger would write them, run by the rehearsal's engine."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.review.preview import Preview, read
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import derive
from rehearsal.engine.files import write_executable
from rehearsal.engine.plugins import PACKAGES
from rehearsal.home import Home

PULUMI = """name: {name}
runtime: {{ name: python, options: {{ virtualenv: .venv }} }}
main: infra
stackConfigDir: stacks
"""


@dataclass(frozen=True)
class Stranger:
    """One program and its stack ``one``."""

    home: Home
    folder: Path

    @classmethod
    def of(
        cls, home: Home, folder: Path, name: str, program: str, config: str = "{}", root: Path = Path()
    ) -> Stranger:
        """Write it into a folder, with this project's environment."""
        (folder / "infra").mkdir(parents=True)
        (folder / "stacks").mkdir()
        (folder / ".venv").symlink_to(root / ".venv")
        (folder / "Pulumi.yaml").write_text(PULUMI.format(name=name))
        (folder / "stacks" / "Pulumi.one.yaml").write_text(f"config: {config}\n")
        made = cls(home, folder)
        made.write(program)
        return made

    def write(self, program: str) -> None:
        """Change the program."""
        (self.folder / "infra" / "__main__.py").write_text(program)

    @property
    def engine(self) -> Engine:
        return Engine(self.home, self.folder)

    @property
    def config(self) -> Path:
        return derive(self.home, self.folder, "one").path

    def preview(self) -> str:
        """The JSON of a preview."""
        return self.engine.preview(
            "one", config_file=self.config, arguments=("--json", "--show-sames")
        ).stdout

    def read(self) -> Preview:
        """A preview as the review reads it."""
        return read(self.preview(), "a stranger's preview")

    def up(self) -> None:
        """Bring it up on the stand-ins."""
        self.engine.up("one", config_file=self.config)

    def refresh(self) -> str:
        """The JSON of a refresh that is only previewed."""
        return self.engine.drifted("one", self.config)


def echoes(home: Home) -> None:
    """Let the plugins of a home take any resource type, for previews."""
    for name in PACKAGES:
        script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m tests.rehearsal.echo {name} "$@"\n'
        (plugin,) = (home.pulumi_home / "plugins").glob(f"resource-{name}-v*/pulumi-resource-{name}")
        write_executable(plugin, script)


def provider(url: str) -> str:
    """Lines of a program that send it to the stand-in at an address."""
    services = ", ".join(f'{name}="{url}"' for name in ("ec2", "s3", "sts", "iam"))
    return f"""
import pulumi
import pulumi_aws as aws
to = aws.Provider("aws", region="eu-west-1", endpoints=[aws.ProviderEndpointArgs({services})],
    access_key="rehearsal", secret_key="rehearsal", s3_use_path_style=True, skip_credentials_validation=True,
    skip_metadata_api_check=True, skip_region_validation=True, skip_requesting_account_id=True)
there = pulumi.ResourceOptions(provider=to)
"""


def free_address() -> str:
    """An address of loopback that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def client(url: str, service: str) -> Any:
    """boto3's client of the stand-in, for whoever changes something past the program."""
    import boto3

    keys = {"aws_access_key_id": "rehearsal", "aws_secret_access_key": "rehearsal"}
    return boto3.client(service, endpoint_url=url, region_name="eu-west-1", **keys)


def steps(text: str) -> list[dict[str, Any]]:
    """The steps of a preview."""
    return list(json.loads(text)["steps"])
