"""The official installer, where Pulumi's site can be reached."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rehearsal.engine import pin
from rehearsal.programs.errors import Unavailable

_SITE = "https://get.pulumi.com/install.sh"
_REACH_SECONDS = 4.0
# About 120 MB to download; a stalled one is given up.
_INSTALL_SECONDS = 600.0

# In a process of its own: the installer has no time limit, and a process can be given one.
_INSTALL = """
import sys
from semver import VersionInfo
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""


def install(folder: Path) -> None:
    """Install the pinned engine with its language hosts as ``folder/bin``. Raises Unavailable."""
    if reason := unreachable():
        raise Unavailable(f"get.pulumi.com cannot be reached ({reason})")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _INSTALL, str(folder), pin.VERSION],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the download was not done after {_INSTALL_SECONDS:.0f} s") from None
    if done.returncode != 0 or not (folder / "bin" / "pulumi").exists():
        last = (done.stderr.strip() or "it wrote no engine").splitlines()[-1]
        raise Unavailable(f"the installer failed: {last}")


def unreachable() -> str:
    """Why the installer's site does not answer within seconds; "" where it does."""
    from urllib import request

    try:
        with request.urlopen(_SITE, timeout=_REACH_SECONDS) as answer:
            answer.read(1)
    except OSError as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
    return ""
