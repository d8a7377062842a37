"""The user's own engine: the pulumi on PATH, its backend and credentials those of the shell."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.recovery.questions import Cli
from isthmus.errors import IsthmusError


class EngineRefused(IsthmusError):
    """The engine did not do what recovery asked; the message is its own."""


@dataclass(frozen=True)
class PulumiOnPath:
    """The ``pulumi`` of the shell, at work on the project in a folder."""

    project_dir: Path

    @property
    def cli(self) -> Cli:
        """Its command."""
        return Cli(os.environ)

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment."""
        shown = ["--show-secrets"] if show_secrets else []
        return dict(json.loads(self._run(["stack", "export", "--stack", stack, *shown])))

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Make a deployment the stack's own; the engine checks that it is whole."""
        self._run(["stack", "import", "--stack", stack], json.dumps(deployment))

    def read_anew(self, stack: str, urns: Sequence[str]) -> None:
        """Take the clouds' word for some resources of the state."""
        targets = [part for urn in urns for part in ("--target", urn)]
        self._run(["refresh", "--stack", stack, "--yes", "--skip-preview", *targets])

    def end(self, stack: str, targets: Sequence[str]) -> None:
        """Delete some resources and what depends on them, or all; the engine draws on our terminal."""
        named = [part for urn in targets for part in ("--target", urn)]
        line = ["pulumi", "destroy", "--stack", stack, "--yes", "--skip-preview", *named]
        try:
            done = subprocess.run(
                [*line, *(["--target-dependents"] if targets else [])], cwd=self.project_dir, check=False
            )
        except FileNotFoundError:
            raise EngineRefused("There is no pulumi on PATH: enter a shell that has it.") from None
        if done.returncode != 0:
            raise EngineRefused(
                f"`pulumi destroy` of {stack} ended with {done.returncode}: what it says above is its own. "
                "Run the same command again, which goes on."
            )

    def _run(self, arguments: list[str], stdin: str | None = None) -> str:
        command = ["pulumi", "--non-interactive", "--color", "never", *arguments]
        try:
            done = subprocess.run(
                command, cwd=self.project_dir, input=stdin, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise EngineRefused("There is no pulumi on PATH: enter a shell that has it.") from None
        if done.returncode != 0:
            said = [*done.stderr.splitlines(), *done.stdout.splitlines(), f"exit status {done.returncode}"]
            why = next((line for line in said if "error:" in line), said[0]).strip()
            raise EngineRefused(f"`pulumi {' '.join(arguments[:2])}` failed: {why.removeprefix('error: ')}")
        return done.stdout


__all__ = ["EngineRefused", "PulumiOnPath"]
