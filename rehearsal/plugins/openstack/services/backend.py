"""The OpenStack backend by the real services: the rows say what an input means, the services do the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.session import ServiceAway, ServiceRefused, Session
from rehearsal.plugins.backend import Created, Found, Properties, Refused, Resource
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.backend import OpenStackBackend, row_of, same
from rehearsal.plugins.openstack.checking import parse
from rehearsal.plugins.openstack.control_planes import ControlPlanes
from rehearsal.plugins.openstack.kubeconfig import way_in
from rehearsal.plugins.openstack.object_store import address
from rehearsal.plugins.openstack.services import functions, magnum, neutron, storage
from rehearsal.plugins.openstack.services.api import Api

APIS: Final[Mapping[str, Api]] = {**neutron.APIS, **magnum.APIS, **storage.APIS}
CONTROL_PLANES: Final = ControlPlanes()
INSTANCE: Final = "services"
_NOTHING: Final[tuple[Any, ...]] = ("", None, [], {})


class ServicesBackend(OpenStackBackend):
    """The cloud of ``home``'s services, started when they are first asked for.

    A preview of a cloud's stack, whose ``auth_url`` is none of this machine, asks none of them.
    """

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._home = home
        self._auth_url = ""
        self._session: Session | None = None
        self._connecting = threading.Lock()

    def configure(self, config: Properties) -> None:
        super().configure(config)
        url = config.get("authUrl")
        self._auth_url = url if isinstance(url, str) else ""

    def create(self, resource: Resource) -> Created:
        row = row_of(resource.type)
        parse(row, resource.inputs)
        with _in_its_words():
            made = APIS[row.token].create(self.session, resource.inputs)
            if row.token == tokens.CLUSTER:
                CONTROL_PLANES.create(self.folder, resource.inputs)
            outputs = self._outputs(Resource(**{**vars(resource), "id": made.id}), made.outputs)
        return Created(made.id, outputs)

    def read(self, resource: Resource) -> Found | None:
        row = row_of(resource.type)
        # An import knows no inputs, and takes what the cloud has.
        keys = resource.inputs or {f.alias or n: "" for n, f in row.arguments.model_fields.items()}
        with _in_its_words():
            found = APIS[row.token].read(self.session, resource.id, keys)
            if found is not None and not resource.outputs:
                found |= APIS[row.token].opened(self.session, resource.id)
            if found is not None:
                found |= self._way_in(Resource(**{**vars(resource), "inputs": {**found, **resource.inputs}}))
        if found is None:
            return None
        inputs = {
            key: value if key not in found or same(row, key, value, found[key]) else found[key]
            for key, value in resource.inputs.items()
        }
        inputs = inputs or {key: found[key] for key in keys if found.get(key) not in _NOTHING}
        return Found(inputs, {**self._located(resource.outputs), **inputs, **found})

    def update(self, old: Resource, new: Resource) -> Properties:
        row = row_of(new.type)
        parse(row, new.inputs)
        with _in_its_words():
            APIS[row.token].update(self.session, old.id, old.inputs, new.inputs)
            kept = {key: value for key, value in old.outputs.items() if key not in old.inputs}
            return self._outputs(Resource(**{**vars(new), "id": old.id}), kept)

    def delete(self, resource: Resource) -> None:
        row = row_of(resource.type)
        known = {**resource.outputs, **resource.inputs}
        with _in_its_words():
            APIS[row.token].delete(self.session, resource.id, known)
        if row.token == tokens.CLUSTER:
            CONTROL_PLANES.delete(self.folder, known)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        if not self._is_here or token not in functions.FUNCTIONS:
            return super().invoke(token, arguments)
        with _in_its_words():
            return functions.FUNCTIONS[token](self.session, arguments)

    def instance(self) -> str:
        return INSTANCE

    @property
    def session(self) -> Session:
        """As the estate's user. Raises Refused where the services cannot be had."""
        with self._connecting:
            if self._session is None:
                if not self._is_here:
                    raise Refused(
                        f"auth_url is {self._auth_url!r}, and a rehearsal never leaves this machine: "
                        "it must be http://127.0.0.1:PORT/v3."
                    )
                try:
                    cloud = services.start(
                        self._home,
                        auth_port=urlsplit(self._auth_url).port,
                        store_port=urlsplit(address(self.folder)).port,
                        region=self.region,
                    )
                except services.ServicesError as error:
                    raise Refused(str(error)) from None
                self._session = Session.of(cloud)
            return self._session

    @property
    def _is_here(self) -> bool:
        return urlsplit(self._auth_url).hostname in ("127.0.0.1", "localhost")

    def _outputs(self, resource: Resource, known: Properties) -> Properties:
        """All that the resource shows after it was made or changed."""
        found = APIS[resource.type].read(self.session, resource.id, resource.inputs)
        if found is None:
            raise Refused(f"404: {resource.id} is gone again just after it was made or changed")
        return {**self._located(known), **resource.inputs, **found, **self._way_in(resource)}

    def _way_in(self, resource: Resource) -> Properties:
        """Where a cluster's control plane is, if it has one: Magnum's driver here makes none."""
        return way_in(self.folder, resource.inputs) if resource.type == tokens.CLUSTER else {}

    def _located(self, outputs: Properties) -> dict[str, Any]:
        return {"region": self.region, **outputs}


@contextmanager
def _in_its_words() -> Iterator[None]:
    try:
        yield
    except (ServiceRefused, ServiceAway) as refused:
        raise Refused(str(refused)) from None
