"""What tests do with an estate that is up: run the commands as a person would, ask its Triton."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from isthmus_client import Recommender
from rehearsal.control_plane import pin
from rehearsal.control_plane.provide import Binaries
from rehearsal.estate import Estate


def isthmus(estate: Estate, *arguments: str, ends: int = 0) -> str:
    """Run the CLI as a person would; its output, both streams."""
    done = subprocess.run(
        [sys.executable, "-m", "isthmus.cli.main", *arguments],
        cwd=estate.project_dir,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=800,
    )
    told = done.stdout + done.stderr
    assert done.returncode == ends, told
    assert "Traceback" not in told, told
    return told


def served(estate: Estate) -> str:
    """The digest that Triton itself answers with."""
    (url, *_) = estate.triton()
    with Recommender(url) as recommender:
        return recommender.recommend("nobody").release


def kubectl(binaries: Binaries, kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run kubectl as a person would, with nothing but a kubeconfig."""
    command = [str(binaries.folder / pin.KUBECTL), f"--kubeconfig={kubeconfig}", *arguments]
    environment = {"HOME": str(kubeconfig.parent), "PATH": os.defpath}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
