"""Whether this machine lets anybody play the drill; if not, why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from rehearsal.drills.link import debian
from rehearsal.drills.link.namespaces import INSIDE

NEEDED = ("unshare", "setpriv", "nsenter", "ip", "mount", "sysctl")
_PROBE = (
    "mount -t tmpfs probe /run && mkdir -p /run/netns /run/u /run/w /run/m && ip netns add probe && "
    "mount -t overlay probe -o lowerdir=/usr,upperdir=/run/u,workdir=/run/w /run/m && "
    "ip -n probe link add one type veth peer name two && ip -n probe link add three type bridge && "
    "ip -n probe tuntap add four mode tun"
)


def why_not() -> str:
    """The reason as a sentence, "" where it can be played."""
    if sys.platform != "linux":
        return "Network namespaces are Linux's."
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        return f"Not on PATH: {', '.join(missing)} (Debian: util-linux, iproute2, procps)."
    if os.geteuid() != 0:
        return "Only root may make namespaces, mounts and tun devices here."
    probe = subprocess.run([*INSIDE, "sh", "-c", _PROBE], capture_output=True, text=True, check=False)
    if probe.returncode:
        return f"This machine allows no namespaces, overlays or tun devices: {probe.stderr.strip()[-200:]}"
    if not debian.here() and not shutil.which("mmdebstrap"):
        return "mmdebstrap, which unpacks Debian's packages, is not on PATH: `make link` installs it."
    return ""


__all__ = ["why_not"]
