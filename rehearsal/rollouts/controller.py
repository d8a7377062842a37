"""The controller at work in one cluster of a rehearsal, for the time of a ``with`` block.

A process of this machine knows no names of a cluster. What an AnalysisTemplate asks by HTTP, which is
Prometheus and nothing else, goes to ``prometheus_url`` as to a proxy: Prometheus answers for whatever host a
request names. The API server is at an address of this machine, which Go asks without a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal import ports
from rehearsal.programs.answering import answering
from rehearsal.rollouts.provide import provide


@contextmanager
def controller(kubeconfig: Path, prometheus_url: str, folder: Path) -> Iterator[None]:
    """Argo Rollouts with what it writes in ``folder``. Raises ProgramError where it does not come up."""
    health = ports.free_ports(2)
    # Alone it needs no lease, and the namespace that it would keep one in is not there.
    flags = ["--leader-elect=false", f"--healthzPort={health}", f"--metricsPort={health + 1}"]
    with answering(
        "Argo Rollouts",
        [provide(), "--kubeconfig", kubeconfig, *flags],
        f"http://127.0.0.1:{health}/healthz",
        folder,
        {"HTTP_PROXY": prometheus_url, "http_proxy": prometheus_url, "HOME": str(folder)},
    ):
        yield


__all__ = ["controller"]
