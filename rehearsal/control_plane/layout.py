"""One control plane in one folder: what lies where, and which processes are its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from rehearsal.control_plane import pin
from rehearsal.control_plane.certificates import Keys

SERVERS: Final = (pin.ETCD, pin.API_SERVER, pin.CONTROLLER_MANAGER, pin.SCHEDULER)
"""In the order of their starts."""

_KERNELS_LENGTH: Final = 15
_BY_NAME: Final = {name[:_KERNELS_LENGTH]: name for name in SERVERS}


@dataclass(frozen=True)
class ControlPlane:
    """The control plane of one site. Nothing here starts anything; ``running`` does."""

    site: str
    folder: Path
    """Its keys, data and logs; its processes run in it, and by that they are known again."""
    service_cidr: str = "10.96.0.0/16"
    """Addresses of Services; those of its first start, for good (``of_home``)."""
    issuer: str = ""
    """Who signs its tokens, "" for itself, by its address."""

    @property
    def kubeconfig(self) -> Path:
        """For people and programs: it may do everything."""
        return self.folder / "kubeconfig"

    @property
    def keys(self) -> Keys:
        return Keys(self.folder / "keys")

    @property
    def data(self) -> Path:
        """etcd's, kept when the control plane is started again."""
        return self.folder / "data"

    @property
    def kept_service_cidr(self) -> Path:
        return self.folder / "service_cidr"

    @property
    def held(self) -> Path:
        """There while a cluster of a cloud has it: that tells where it listens, so that it stays there."""
        return self.folder / "held"

    @property
    def audit_log(self) -> Path:
        """Every request that changes something, one JSON object a line."""
        return self.folder / "audit.log"

    def log(self, name: str) -> Path:
        """What one of the programs says."""
        return self.folder / "logs" / f"{name}.log"

    def processes(self) -> dict[str, psutil.Process]:
        """Its living processes by program; also of one whose starter was killed."""
        found: dict[str, psutil.Process] = {}
        folder = str(self.folder.resolve())
        for process in psutil.process_iter():
            try:
                # By the kernel's name for it: one that is dying has no arguments any more, but still ports.
                name = _BY_NAME.get(process.name()[:_KERNELS_LENGTH], "")
                if name and process.cwd() == folder and process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
            except (psutil.Error, OSError):
                continue
        return found

    def clear(self) -> None:
        """Forget all that it held; it must not run any more."""
        shutil.rmtree(self.folder, ignore_errors=True)
