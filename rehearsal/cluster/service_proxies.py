"""What kube-proxy and a cloud's load balancer do: a Service's own address, and a ready pod behind it.

Each Service with a selector and an address of its own gets one of this machine, and each connection to it
goes to one of the pods that are ready then. A Service of type LoadBalancer is told that address as its load
balancer's. TLS ends at no balancer here: what comes is handed on as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Mapping

from rehearsal.cluster.addresses import Addresses
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.pod_address import told
from rehearsal.control_plane.api import Object
from rehearsal.control_plane.errors import ApiRefused

_CHUNK = 1 << 16
_Key = tuple[str, str, int]
"""Namespace, name and port of a Service."""


def address_key(cluster: str, namespace: str, service: str) -> str:
    """The key of a Service's address."""
    return f"{cluster}/{namespace}/service-{service}"


def has_address(service: Object) -> bool:
    """Whether a Service has an address of its own, and pods to hand connections to."""
    spec = service["spec"]
    return spec.get("clusterIP") not in (None, "", "None") and bool(spec.get("selector"))


class ServiceProxies:
    """Listens for the Services of one cluster, in a thread of its own."""

    def __init__(self, cluster: Cluster, addresses: Addresses) -> None:
        self._cluster, self._addresses = cluster, addresses
        self._loop = asyncio.new_event_loop()
        self._servers: dict[_Key, asyncio.Server | None] = {}
        threading.Thread(target=self._loop.run_forever, name=f"services-{cluster.name}", daemon=True).start()

    def step(self) -> None:
        """Listen for what is there now and for nothing else; raises ApiRefused as the API server does."""
        wanted: dict[_Key, str] = {}
        for service in self._cluster.list("Service"):
            if has_address(service):
                meta = service["metadata"]
                address = self._addresses.of(address_key(self._cluster.name, meta["namespace"], meta["name"]))
                for port in service["spec"].get("ports", ()):
                    wanted[meta["namespace"], meta["name"], port["port"]] = address
                self._tell(service, address)
        for gone in self._servers.keys() - wanted.keys():
            self._stop(gone)
            if not any(other[:2] == gone[:2] for other in self._servers):
                self._addresses.free(address_key(self._cluster.name, *gone[:2]))
        for key, address in wanted.items():
            # One that could not listen is tried again: whoever had the port may be about to leave it.
            if self._servers.get(key) is None:
                asked = asyncio.run_coroutine_threadsafe(self._listen(key, address), self._loop)
                self._servers[key] = asked.result()

    def close(self) -> None:
        """Listen for nothing any more; the addresses stay the Services', whose callers have them."""
        for key in list(self._servers):
            self._stop(key)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _stop(self, key: _Key) -> None:
        if (server := self._servers.pop(key)) is not None:
            self._loop.call_soon_threadsafe(server.close)

    def _tell(self, service: Object, address: str) -> None:
        """A Service of type LoadBalancer has the address as its balancer's."""
        ingress = [{"ip": told(address)}]
        known = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
        if service["spec"].get("type") != "LoadBalancer" or [each.get("ip") for each in known] == [
            ingress[0]["ip"]
        ]:
            return
        with contextlib.suppress(ApiRefused):  # it has just gone
            self._cluster.api.set_status(service, {"loadBalancer": {"ingress": ingress}})

    async def _listen(self, key: _Key, address: str) -> asyncio.Server | None:
        """None where this user may not listen at the port, as at those below 1024: nobody answers there."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._hand_on(key, reader, writer)

        try:
            return await asyncio.start_server(answer, address, key[2])
        except OSError:
            return None

    async def _hand_on(self, key: _Key, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        namespace, name, port = key
        try:
            # In the order of chance, as kube-proxy picks one; one that is gone in this moment is passed over.
            for address, ports in random.sample(found := self._endpoints(namespace, name), len(found)):
                if (target := self._target(namespace, name, port, ports)) is None:
                    continue
                try:
                    pod_reader, pod_writer = await asyncio.open_connection(address, target)
                except OSError:
                    continue
                await asyncio.gather(_pump(reader, pod_writer), _pump(pod_reader, writer))
                return
        finally:
            writer.close()

    def _endpoints(self, namespace: str, name: str) -> list[tuple[str, Mapping[str, int]]]:
        return [*self._cluster.ready_endpoints(namespace, name)]

    def _target(self, namespace: str, name: str, port: int, ports: Mapping[str, int]) -> int | None:
        service = self._cluster.get("Service", name, namespace)
        declared = service["spec"].get("ports", ()) if service else ()
        named = next((each.get("name") or str(port) for each in declared if each["port"] == port), "")
        return ports.get(named)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
