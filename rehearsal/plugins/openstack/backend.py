"""The OpenStack backend: the rows' rules over the record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.home import Home
from rehearsal.plugins.backend import (
    UNKNOWN,
    Backend,
    BackendLost,
    Change,
    Created,
    Found,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.openstack import functions
from rehearsal.plugins.openstack.checking import check, check_references, parse
from rehearsal.plugins.openstack.record import Content, Entry, Record
from rehearsal.plugins.openstack.resource_type import OpenStackType, Situation, make
from rehearsal.plugins.openstack.rows import NOUNS, ROWS
from rehearsal.plugins.openstack.usage import doomed_with

DEFAULT_REGION = "RegionOne"
LONGEST_NAME = 255


def row_of(type: str) -> OpenStackType:
    """The row of a type token. Raises UnknownType."""
    if type not in ROWS:
        raise UnknownType(f"the rehearsed OpenStack cloud has no row for the resource type {type}")
    return ROWS[type]


class OpenStackBackend(Backend):
    """One rehearsed OpenStack cloud, as it lies in ``home.openstack``."""

    package = "openstack"

    def __init__(self, home: Home) -> None:
        self.folder: Path = home.openstack
        self.record = Record(self.folder / "record.json")
        self.region = DEFAULT_REGION

    def configure(self, config: Properties) -> None:
        region = config.get("region")
        self.region = region if isinstance(region, str) and region else DEFAULT_REGION

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
        row = row_of(resource.type)
        # A plain value is the API's default whatever happens; the region is the provider's.
        settled = {
            k: self.region if k == "region" else v
            for k, v in row.computed.items()
            if k == "region" or not callable(v)
        }
        return {**dict.fromkeys([*row.computed, *row.following], UNKNOWN), **settled, **resource.inputs}

    def create(self, resource: Resource) -> Created:
        row = row_of(resource.type)
        arguments = parse(row, resource.inputs)
        with self.record.change() as content:
            check_references(row, resource.inputs, content, NOUNS)
            id = row.identify(resource.inputs)
            if content.get(row.token, id) is not None and not row.repeatable:
                raise Refused(f"409: {row.noun} '{id}' already exists")
            situation = Situation(id, resource.inputs, arguments, content, self.region, folder=self.folder)
            for rule in row.rules:
                rule(situation)
            if row.calls is not None:
                row.calls.create(self.folder, resource.inputs)
            computed = make({**row.computed, **row.following}, situation)
            entry = Entry(row.token, id, resource.inputs, computed, resource.urn)
            content.put(entry)
        return Created(id, entry.outputs)

    def read(self, resource: Resource) -> Found | None:
        row = row_of(resource.type)
        entry = self.record.read().get(row.token, resource.id)
        if entry is None or (row.calls is not None and not row.calls.exists(self.folder, entry.inputs)):
            return None
        return Found(entry.inputs, entry.outputs)

    def update(self, old: Resource, new: Resource) -> Properties:
        row = row_of(new.type)
        arguments = parse(row, new.inputs)
        with self.record.change() as content:
            entry = self._entry(content, row, old)
            stay = {
                key: value
                for key, value in entry.inputs.items()
                if key in row.fixed or (key in row.kept and key not in new.inputs)
            }
            inputs = {**new.inputs, **stay}
            check_references(row, inputs, content, NOUNS)
            situation = Situation(entry.id, inputs, arguments, content, self.region, entry, self.folder)
            for rule in (*row.rules, *row.update_rules):
                rule(situation)
            if row.calls is not None:
                row.calls.change(self.folder, inputs)
            computed = {**entry.computed, **make(row.following, situation)}
            changed = Entry(row.token, entry.id, inputs, computed, new.urn)
            content.put(changed)
        return changed.outputs

    def delete(self, resource: Resource) -> None:
        row = row_of(resource.type)
        with self.record.change() as content:
            entry = content.get(row.token, resource.id)
            if entry is None:
                return
            arguments = None
            situation = Situation(entry.id, entry.inputs, arguments, content, self.region, entry)
            for rule in row.delete_rules:
                rule(situation)
            doomed = doomed_with(entry, content, ROWS)
            if row.calls is not None:
                # The state's word on forceDestroy counts as the record's does: it may be newer.
                row.calls.delete(self.folder, {**entry.inputs, **resource.inputs})
            for gone in doomed:
                content.drop(gone)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        return functions.call(token, arguments, self.record.read(), self.region)

    def secret_outputs(self, type: str) -> frozenset[str]:
        return ROWS[type].secret_outputs if type in ROWS else frozenset()

    def secret_results(self, token: str) -> frozenset[str]:
        return functions.SECRET_RESULTS.get(token, frozenset())

    def autonames(self, type: str) -> Mapping[str, int]:
        return {"name": LONGEST_NAME} if type in ROWS and ROWS[type].auto_named else {}

    def instance(self) -> str:
        return self.record.instance()

    def _entry(self, content: Content, row: OpenStackType, resource: Resource) -> Entry:
        entry = content.get(row.token, resource.id)
        if entry is not None:
            return entry
        if not self.record.exists:
            raise BackendLost(
                f"the record of the rehearsed OpenStack cloud ({self.record.path}) is gone, and {row.noun} "
                f"{resource.id} with it; `pulumi refresh` tells the state, the next `up` makes all anew"
            )
        raise Refused(
            f"404: {row.noun} {resource.id} is not in the record; `pulumi refresh` tells the stack's state so"
        )


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
