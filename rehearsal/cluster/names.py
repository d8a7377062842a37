"""The cluster's DNS, as far as its pods can ask: Services and the pods of headless ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.cluster.addresses import Addresses
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.service_proxies import address_key as service_key
from rehearsal.cluster.service_proxies import has_address

_SUFFIXES = (".svc.cluster.local", ".svc")


def address_key(cluster: str, pod: dict[str, Any]) -> str:
    """The key of a pod's address: Job and index, so that the next attempt has the same address."""
    meta = pod["metadata"]
    job = meta.get("labels", {}).get("batch.kubernetes.io/controller-uid")
    index = meta.get("annotations", {}).get("batch.kubernetes.io/job-completion-index")
    if job and index is not None:
        return f"{cluster}/{meta['namespace']}/job-{job}/{index}"
    return f"{cluster}/{meta['namespace']}/pod-{meta['name']}"


@dataclass
class Names:
    """Answers for the pods of one namespace."""

    cluster: Cluster
    namespace: str
    addresses: Addresses

    def lookup(self, name: str, port: int | None) -> str | None:
        """``address`` or ``address:port`` of a DNS name, None for a name that is not the cluster's."""
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
        labels = name.split(".")
        if len(labels) == 1:
            return self._service(labels[0], self.namespace, port)
        if len(labels) == 2:
            host, last = labels
            return self._pod(host, last, self.namespace) or self._service(host, last, port)
        if len(labels) == 3:
            return self._pod(labels[0], labels[1], labels[2])
        return None

    def _service(self, name: str, namespace: str, port: int | None) -> str | None:
        """A Service's own address; of one that has none, a ready pod, at the pod's port."""
        service = self.cluster.get("Service", name, namespace)
        if service is None:
            return None
        if service["spec"].get("type") == "ExternalName":
            return str(service["spec"]["externalName"])
        if has_address(service):
            return self.addresses.of(service_key(self.cluster.name, namespace, name))
        for address, ports in self.cluster.ready_endpoints(namespace, name):
            wanted = [p for p in service["spec"].get("ports", ()) if p["port"] == port]
            key = (wanted[0].get("name") or str(port)) if wanted else None
            target = ports.get(key) if key is not None else None
            return f"{address}:{target}" if target is not None else address
        return None

    def _pod(self, host: str, service: str, namespace: str) -> str | None:
        if self.cluster.get("Service", service, namespace) is None:
            return None
        for job in self.cluster.list("Job", namespace):
            # Every index has its address before its pod exists, so that peers may name each other.
            index = host.removeprefix(job["metadata"]["name"] + "-")
            spec = job["spec"]
            if (
                spec["completionMode"] == "Indexed"
                and spec["template"]["spec"].get("subdomain") == service
                and host != index
                and index.isdigit()
                and int(index) < spec["completions"]
            ):
                key = f"{self.cluster.name}/{namespace}/job-{job['metadata']['uid']}/{int(index)}"
                return self.addresses.of(key)
        for pod in self.cluster.list("Pod", namespace):
            spec = pod["spec"]
            if spec.get("hostname") == host and spec.get("subdomain") == service:
                return self.addresses.of(address_key(self.cluster.name, pod))
        return None
