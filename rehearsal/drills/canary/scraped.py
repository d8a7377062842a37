"""What Prometheus finds in a cluster: its servers, as a ServiceMonitor tells them, and how often they began.

No operator of Prometheus runs in a rehearsal, and no kube-state-metrics. Their places are taken here: targets
with the labels that the ServiceMonitor gives, and the two series of kube-state-metrics that a canary is
judged by, from the statuses of the pods.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from isthmus.errors import IsthmusError
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.pod_address import here
from rehearsal.drills.load.faults import serving_pods
from rehearsal.prometheus.server import Prometheus, Target
from serving.components.monitoring import POD_HASH
from serving.monitoring.canary import HASH
from serving.server.ports import METRICS, PROXY_METRICS

RESTARTS: Final = "kube_pod_container_status_restarts_total"
INIT_RESTARTS: Final = "kube_pod_init_container_status_restarts_total"
_LOOK_SECONDS: Final = 1.0


@contextmanager
def scraped(cluster: Cluster, service: str, folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that follows the pods of a service."""
    over = threading.Event()
    with _restarts_told(cluster) as told, Prometheus(folder, [Target(told)]) as prometheus:

        def follow() -> None:
            while not over.wait(_LOOK_SECONDS):
                with suppress(IsthmusError):
                    prometheus.configure([Target(told), *_targets(cluster, service)])

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield prometheus
        finally:
            over.set()
            thread.join()


def _targets(cluster: Cluster, service: str) -> Iterator[Target]:
    for pod in serving_pods(cluster):
        if not (told := pod.get("status", {}).get("podIP")):
            continue
        address = here(told)
        meta = pod["metadata"]
        labels = {
            "service": service,
            "namespace": meta["namespace"],
            "pod": meta["name"],
            HASH: meta["labels"].get(POD_HASH, ""),
        }
        yield Target(f"{address}:{METRICS}", {**labels, "endpoint": "metrics"})
        yield Target(
            f"{address}:{PROXY_METRICS}", {**labels, "endpoint": "proxy-metrics"}, "/stats/prometheus"
        )


def restarts(pods: list[dict[str, Any]]) -> str:
    """The series of kube-state-metrics about these pods, as Prometheus reads it."""
    lines = []
    for pod in pods:
        meta, status = pod["metadata"], pod.get("status", {})
        for name, key in ((RESTARTS, "containerStatuses"), (INIT_RESTARTS, "initContainerStatuses")):
            for one in status.get(key) or ():
                labels = {"namespace": meta["namespace"], "pod": meta["name"], "container": one["name"]}
                told = ",".join(f'{label}="{value}"' for label, value in labels.items())
                lines.append(f"{name}{{{told}}} {one.get('restartCount', 0)}")
    return "\n".join([*lines, ""])


@contextmanager
def _restarts_told(cluster: Cluster) -> Iterator[str]:
    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = restarts(cluster.list("Pod")).encode()
            with suppress(ConnectionError):  # who asked has gone
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a look each second is no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


__all__ = ["restarts", "scraped"]
