"""One address for a Service, as kube-proxy gives its callers: new connections go to pods that are ready.

No proxy stands between pods on this machine (``rehearsal.cluster.names``), and a front that runs for long
must find pods that come later. Envoy stands in, at the level of TCP: connections that are open stay where
they are, also when their pod is taken out of the Service.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from isthmus.atomic_files import atomic_write
from rehearsal import ports
from rehearsal.cluster.cluster import Cluster
from rehearsal.home import Home
from serving.local.envoy_install import program

_ANSWERS_SECONDS: Final = 10.0
_CLUSTER: Final = "service"


class ServiceAddress:
    """``grpc://127.0.0.1:PORT`` for one port of a Service, for the time of a ``with`` block."""

    def __init__(
        self, home: Home, cluster: str, namespace: str, service: str, port: str, folder: Path
    ) -> None:
        self._cluster = Cluster(home, cluster)
        self._namespace, self._service, self._port_name = namespace, service, port
        self._folder = folder
        self._changed, self._over = threading.Event(), threading.Event()
        self._version = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.port = ports.free_ports(1)
        self.pods: list[str] = []
        """``IP:PORT`` of the pods that new connections go to."""

    @property
    def url(self) -> str:
        """Where a client of gRPC asks."""
        return f"grpc://127.0.0.1:{self.port}"

    def __enter__(self) -> ServiceAddress:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._cluster.watch(("EndpointSlice", "Service"), self._changed.set)
        self._changed.wait(_ANSWERS_SECONDS)
        self._tell()
        argv = [str(program()), "--config-yaml", json.dumps(self._bootstrap()), "--concurrency", "1"]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*argv, "--log-level", "warning", "--disable-hot-restart"], stdout=log, stderr=log
            )
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._changed.set()
        self._cluster.close()
        if self._process is not None:
            self.mend()
            self._process.kill()
            self._process.wait()

    def cut(self) -> None:
        """Let nothing pass any more, in no direction, and without a word: as a network that is gone."""
        assert self._process is not None  # noqa: S101
        os.kill(self._process.pid, signal.SIGSTOP)

    def mend(self) -> None:
        """Let everything pass again."""
        assert self._process is not None  # noqa: S101
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGCONT)

    def _follow(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            if not self._over.is_set():
                self._tell()

    def _tell(self) -> None:
        found = [
            f"{address}:{named[self._port_name]}"
            for address, named in self._cluster.ready_endpoints(self._namespace, self._service)
            if self._port_name in named
        ]
        if self._version and found == self.pods:
            return
        self.pods = found
        self._version += 1
        # Envoy takes a file that is moved to its place, whole.
        atomic_write(self._folder / "pods.json", json.dumps(_told(self._version, found)).encode())

    def _bootstrap(self) -> Mapping[str, Any]:
        network = "type.googleapis.com/envoy.extensions.filters.network."
        proxy = {
            "@type": network + "tcp_proxy.v3.TcpProxy",
            "stat_prefix": _CLUSTER,
            "cluster": _CLUSTER,
            "max_connect_attempts": 3,
        }
        source = {
            "path": str(self._folder / "pods.json"),
            "watched_directory": {"path": str(self._folder)},
        }
        return {
            "node": {"id": _CLUSTER, "cluster": _CLUSTER},
            "static_resources": {
                "listeners": [
                    {
                        "name": _CLUSTER,
                        "address": _address("127.0.0.1", self.port),
                        "filter_chains": [
                            {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}
                        ],
                    }
                ],
                "clusters": [
                    {
                        "name": _CLUSTER,
                        "type": "EDS",
                        "connect_timeout": "1s",
                        "lb_policy": "RANDOM",
                        "eds_cluster_config": {"eds_config": {"path_config_source": source}},
                    }
                ],
            },
        }


def _told(version: int, pods: list[str]) -> Mapping[str, Any]:
    """A DiscoveryResponse with all that there are."""
    answering = [
        {"endpoint": {"address": _address(address, int(port))}}
        for address, _, port in (pod.rpartition(":") for pod in pods)
    ]
    kind = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
    return {
        "version_info": str(version),
        "resources": [{"@type": kind, "cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": answering}]}],
    }


def _address(address: str, port: int) -> Mapping[str, Any]:
    return {"socket_address": {"address": address, "port_value": port}}


__all__ = ["ServiceAddress"]
