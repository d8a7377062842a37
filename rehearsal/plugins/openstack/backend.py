"""The OpenStack backend: the rows say what an input means, the real services do the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.session import ServiceAway, ServiceRefused, Session
from rehearsal.plugins.backend import (
    UNKNOWN,
    Backend,
    Change,
    Created,
    Found,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.openstack import control_planes, node_pools, previewed, tokens
from rehearsal.plugins.openstack.checking import check, parse
from rehearsal.plugins.openstack.kubeconfig import way_in
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.rows import ROWS
from rehearsal.plugins.openstack.services import magnum, neutron, nova, storage
from rehearsal.plugins.openstack.services.api import Api
from rehearsal.plugins.openstack.services.functions import FUNCTIONS, SECRET_RESULTS

APIS: Final[Mapping[str, Api]] = {**neutron.APIS, **magnum.APIS, **nova.APIS, **storage.APIS}
DEFAULT_REGION: Final = "RegionOne"
LONGEST_NAME: Final = 255
INSTANCE: Final = "services"
_NOTHING: Final[tuple[Any, ...]] = ("", None, [], {})


def row_of(type: str) -> OpenStackType:
    """The row of a type token. Raises UnknownType."""
    if type not in ROWS:
        raise UnknownType(f"the rehearsed OpenStack cloud has no row for the resource type {type}")
    return ROWS[type]


class OpenStackBackend(Backend):
    """The cloud of ``home``'s services, started when they are first asked for.

    A preview of a cloud's stack, whose ``auth_url`` is none of this machine, asks none of them.
    """

    package = "openstack"

    def __init__(self, home: Home) -> None:
        self.region = DEFAULT_REGION
        self._home = home
        self._auth_url = ""
        self._session: Session | None = None
        self._connecting = threading.Lock()

    def configure(self, config: Properties) -> None:
        region, url = config.get("region"), config.get("authUrl")
        self.region = region if isinstance(region, str) and region else DEFAULT_REGION
        self._auth_url = url if isinstance(url, str) else ""

    def check(self, resource: Resource) -> Properties:
        return check(row_of(resource.type), resource)

    def diff(self, old: Resource, new: Resource) -> Change:
        row = row_of(new.type)
        keys = {*old.inputs, *new.inputs} - (row.kept - new.inputs.keys())
        changed = frozenset(
            key for key in keys if not same(row, key, _stands(row, old, key), new.inputs.get(key))
        )
        replaces = changed & row.forces
        # The bridge's rule: a name that the program gives may be taken, also where it is another one than
        # before (pulumi-terraform-bridge v3.130.0, pkg/tfbridge/schema.go, nameRequiresDeleteBeforeReplace;
        # read 2026-11-27). The server knows which names it made itself, and lets those be new.
        return Change(changed, replaces, bool(replaces) and row.auto_named)

    def preview(self, resource: Resource) -> Properties:
        return {**dict.fromkeys(row_of(resource.type).outputs, UNKNOWN), **resource.inputs}

    def create(self, resource: Resource) -> Created:
        row = row_of(resource.type)
        parse(row, resource.inputs)
        with _in_its_words():
            made = APIS[row.token].create(self.session, resource.inputs)
            if row.token == tokens.CLUSTER:
                control_planes.begin(self._home, resource.inputs)
            self._declare_nodes(row, made.id)
            outputs = self._outputs(replace(resource, id=made.id), made.outputs)
        return Created(made.id, outputs)

    def read(self, resource: Resource) -> Found | None:
        row = row_of(resource.type)
        # An import knows no inputs, and takes what the cloud has.
        keys = resource.inputs or dict.fromkeys(row.inputs, "")
        with _in_its_words():
            found = APIS[row.token].read(self.session, resource.id, keys)
            if found is None:
                return None
            if not resource.outputs:
                found |= APIS[row.token].opened(self.session, resource.id)
            # Also of what an import finds.
            self._declare_nodes(row, resource.id)
            found |= self._way_in(row, {**found, **resource.inputs})
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
            self._declare_nodes(row, old.id)
            kept = {key: value for key, value in old.outputs.items() if key not in old.inputs}
            return self._outputs(replace(new, id=old.id), kept)

    def delete(self, resource: Resource) -> None:
        row = row_of(resource.type)
        known = {**resource.outputs, **resource.inputs}
        with _in_its_words():
            APIS[row.token].delete(self.session, resource.id, known)
            self._declare_nodes(row, resource.id)
        if row.token == tokens.CLUSTER:
            control_planes.end(self._home, known)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        if token not in FUNCTIONS:
            raise UnknownType(f"the rehearsed OpenStack cloud has no row for the function {token}")
        known = {key: value for key, value in arguments.items() if value is not None}
        if UNKNOWN in known.values():
            raise Refused(f"{token} was asked with a value that is not known yet")
        if not self._is_here or not services.folder_of(self._home).folder.is_dir():
            return previewed.call(token, {"region": self.region, **known})
        with _in_its_words():
            return FUNCTIONS[token](self.session, known)

    def secret_outputs(self, type: str) -> frozenset[str]:
        return ROWS[type].secret_outputs if type in ROWS else frozenset()

    def secret_results(self, token: str) -> frozenset[str]:
        return SECRET_RESULTS.get(token, frozenset())

    def autonames(self, type: str) -> Mapping[str, int]:
        return {"name": LONGEST_NAME} if type in ROWS and ROWS[type].auto_named else {}

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
                port = urlsplit(self._auth_url).port
                try:
                    cloud = services.start(self._home, auth_port=port, region=self.region)
                except services.ServicesError as error:
                    raise Refused(str(error)) from None
                self._session = Session.of(cloud)
            return self._session

    @property
    def _is_here(self) -> bool:
        return urlsplit(self._auth_url).hostname in ("127.0.0.1", "localhost")

    def _outputs(self, resource: Resource, known: Properties) -> Properties:
        """All that the resource shows after it was made or changed."""
        row = row_of(resource.type)
        found = APIS[row.token].read(self.session, resource.id, resource.inputs)
        if found is None:
            raise Refused(f"404: {resource.id} is gone again just after it was made or changed")
        return {**self._located(known), **resource.inputs, **found, **self._way_in(row, resource.inputs)}

    def _way_in(self, row: OpenStackType, inputs: Properties) -> Properties:
        """Where a cluster's control plane is, if it has one: Magnum's driver here makes none."""
        return way_in(self._home, str(inputs["name"])) if row.token == tokens.CLUSTER else {}

    def _declare_nodes(self, row: OpenStackType, id: str) -> None:
        if row.token in (tokens.CLUSTER, tokens.NODE_GROUP):
            node_pools.declare(self._home, self.session, id.partition("/")[0])

    def _located(self, outputs: Properties) -> Properties:
        return {"region": self.region, **outputs}


def same(row: OpenStackType, key: str, old: Any, new: Any) -> bool:
    """Whether two values of an input mean the same to the API; what is UNKNOWN may differ."""
    if old is UNKNOWN or new is UNKNOWN:
        return False
    if key in row.unordered and isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(item in new for item in old) and all(item in old for item in new)
    return bool(old == new)


def _stands(row: OpenStackType, old: Resource, key: str) -> Any:
    """What a new value is held against: what the program said last, or what the cloud has."""
    if key in row.fixed:
        return old.outputs.get(key, old.inputs.get(key))
    if key in row.kept and key not in old.inputs:
        return old.outputs.get(key)
    return old.inputs.get(key)


@contextmanager
def _in_its_words() -> Iterator[None]:
    try:
        yield
    except (ServiceRefused, ServiceAway) as refused:
        raise Refused(str(refused)) from None
