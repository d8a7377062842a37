"""``python -m rehearsal.kubernetes_plugin``: what the engine starts, for the pinned Kubernetes."""

from __future__ import annotations

from importlib.metadata import version

from infra.pins import KUBERNETES_VERSION
from rehearsal.control_plane.choice import is_real
from rehearsal.home import Home
from rehearsal.plugins.backend import Backend
from rehearsal.plugins.kubernetes.backend import KubernetesBackend
from rehearsal.plugins.server import serve


def main() -> None:
    """Serve the plugin until the engine ends: by real API servers where the rehearsal has them."""
    home = Home.find()
    backend: Backend = KubernetesBackend(home, KUBERNETES_VERSION)
    if is_real(home):
        from rehearsal.plugins.kubernetes.live.backend import LiveKubernetes

        backend = LiveKubernetes(home)
    serve(backend, version("pulumi-kubernetes"))


if __name__ == "__main__":
    main()
