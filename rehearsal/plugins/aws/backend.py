"""The AWS stand-in as a ``Backend``: every type a row, every call validated by botocore's model."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.plugins.aws import calls, functions, moto_server, tagging, types
from rehearsal.plugins.aws.checks import check_common
from rehearsal.plugins.aws.cloud import Cloud, Gone, search
from rehearsal.plugins.aws.provider_config import ProviderConfig, parse
from rehearsal.plugins.aws.record import Record
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.view import camel, same_document, view
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
from rehearsal.plugins.difference import changed_keys
from rehearsal.plugins.wire import contains_unknown


class AwsBackend(Backend):
    """``folder`` keeps the stand-in's process record and what can only be recorded."""

    package = "aws"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = Record(folder)
        self._cloud: Cloud | None = None

    def configure(self, config: Properties) -> None:
        self._cloud = Cloud(self._folder, parse(config))

    @property
    def cloud(self) -> Cloud:
        if self._cloud is None:
            self._cloud = Cloud(self._folder, ProviderConfig(region="us-east-1"))
        return self._cloud

    def check(self, resource: Resource) -> Properties:
        row = _row(resource.type)
        inputs = {**row.defaults, **{k: v for k, v in resource.inputs.items() if v is not None}}
        checked = Resource(resource.urn, resource.type, resource.name, inputs=inputs)
        tags = inputs.get("tags")
        if isinstance(tags, Mapping):
            tagging.validate({**self.cloud.config.default_tags, **tags})
        check_common(inputs)
        if row.check is not None:
            row.check(inputs)
        self._refuse_unsent(row, inputs)
        context = self.cloud.context(checked, old={})
        for call in self._calls_of_creation(row, inputs):
            calls.validate(self.cloud, row, call, context)
        return inputs

    def diff(self, old: Resource, new: Resource) -> Change:
        row = _row(new.type)
        changed = {
            key
            for key in changed_keys(old.inputs, new.inputs)
            if not same_document(old.inputs.get(key), new.inputs.get(key))
        }
        if row.tags and "tags" not in changed and "tagsAll" in old.outputs:
            wanted = self._tags_all(new.inputs)
            if not contains_unknown(wanted) and changed_keys({"t": old.outputs["tagsAll"]}, {"t": wanted}):
                changed.add("tagsAll")
        found = frozenset(changed)
        collides = bool(row.unique_by) and all(old.inputs.get(k) == new.inputs.get(k) for k in row.unique_by)
        return Change(found, row.replaces(found), collides)

    def preview(self, resource: Resource) -> Properties:
        row = _row(resource.type)
        outputs: Properties = dict.fromkeys(row.outputs, UNKNOWN)
        outputs.update(resource.inputs)
        outputs.setdefault("region", self.cloud.region)
        if row.tags:
            outputs["tagsAll"] = self._tags_all(resource.inputs)
        return outputs

    def create(self, resource: Resource) -> Created:
        row, cloud = _row(resource.type), self.cloud
        context = cloud.context(resource, old={})
        if row.recorded:
            return self._create_recorded(row, resource)
        if isinstance(row.create, Call):
            answer = calls.make(cloud, row, row.create, context)
            id = str(search(row.id, {**context, **answer}))
        else:
            id = row.create(cloud, resource)
        made = _with(resource, id=id)
        try:
            return Created(id, self._finish(row, made))
        except Exception:
            # Half a resource that no state knows would be in the way of the next attempt.
            with contextlib.suppress(Exception):
                self.delete(made)
            raise

    def read(self, resource: Resource) -> Found | None:
        row = _row(resource.type)
        if row.imported is not None and not resource.outputs:
            resource = _with(resource, id=row.imported(self.cloud, resource.id))
        it = self._fetch(row, resource)
        if it is None:
            return None
        outputs = self._outputs(row, resource, it)
        inputs = self._inputs(row, resource, it)
        if row.tags is not None:
            everything = self._tags_of(row, _with(resource, outputs={**resource.outputs, **outputs}), it)
            own = resource.inputs.get("tags") or {}
            defaults = self.cloud.config.default_tags
            inputs["tags"] = {k: v for k, v in everything.items() if k in own or defaults.get(k) != v}
            if not inputs["tags"] and "tags" not in resource.inputs:
                del inputs["tags"]
            outputs["tagsAll"] = everything
        return Found(inputs, {**outputs, **inputs}, resource.id)

    def update(self, old: Resource, new: Resource) -> Properties:
        row, cloud = _row(new.type), self.cloud
        changed = self.diff(old, new).changed
        for group in row.updates:
            if changed & set(group.keys):
                self._apply(row, group, old, new)
        if row.recorded:
            self._record.put(row.type, new.id, new.inputs, {})
        if row.tags is not None and not row.recorded and changed & {"tags", "tagsAll"}:
            before = old.outputs.get("tagsAll") or row.tags.read(cloud, old)
            row.tags.bring(cloud, old, before, self._tags_all(new.inputs))
        it = self._fetch(row, new)
        if it is None:
            raise Refused(f"{new.name} ({new.id}) is gone from AWS: run `pulumi refresh`.")
        return {**self._outputs(row, new, it), **new.inputs, **self._extras(row, new)}

    def delete(self, resource: Resource) -> None:
        row = _row(resource.type)
        if row.recorded:
            for call in (row.delete,) if isinstance(row.delete, Call) else ():
                calls.validate(self.cloud, row, call, self.cloud.context(resource, old={}))
            self._record.drop(row.type, resource.id)
            return
        try:
            if isinstance(row.delete, Call):
                calls.make(self.cloud, row, row.delete, self.cloud.context(resource, old={}))
            elif row.delete is not None:
                row.delete(self.cloud, resource)
        except Refused:
            # The stand-in stumbles over some deletions of what is gone already, and what is not found may be
            # something else that the deletion needs.
            if self._fetch(row, resource) is not None:
                raise

    def invoke(self, token: str, arguments: Properties) -> Properties:
        function = functions.FUNCTIONS.get(token)
        if function is None:
            raise UnknownType(f"The rehearsal's aws plugin does not know the function {token}")
        return function(self.cloud, arguments)

    def secret_outputs(self, type: str) -> frozenset[str]:
        return frozenset(types.ROWS[type].secret) if type in types.ROWS else frozenset()

    def autonames(self, type: str) -> Mapping[str, int]:
        return types.ROWS[type].autoname if type in types.ROWS else {}

    def instance(self) -> str:
        return moto_server.instance(self._folder)

    def note(self, type: str) -> str:
        row = types.ROWS.get(type)
        return "recorded: validated by the API's model, held by no service" if row and row.recorded else ""

    # Creation

    def _calls_of_creation(self, row: AwsType, inputs: Properties) -> list[Call]:
        calls = [row.create] if isinstance(row.create, Call) else []
        calls += row.validated
        for group in row.updates:
            if isinstance(group.how, Call) and set(group.keys) & set(row.after_create) & inputs.keys():
                calls.append(group.how)
        return calls

    def _create_recorded(self, row: AwsType, resource: Resource) -> Created:
        cloud = self.cloud
        context = cloud.context(resource, old={})
        for call in row.requires:
            calls.make(cloud, row, call, context)
        if not isinstance(row.create, Call):
            raise TypeError(f"{row.type} is recorded, so its creation must be a Call")
        parameters = calls.validate(cloud, row, row.create, context)
        id = str(search(row.id, context))
        if self._record.get(row.type, id) is not None and not row.repeatable:
            raise Refused(
                f"AWS ({row.service}:{row.create.operation}) answers ResourceInUseException: "
                f"{id} exists already."
            )
        made = _with(resource, id=id)
        self._record.put(row.type, id, resource.inputs, {row.create.operation: parameters})
        outputs = {**self._outputs(row, made, {}), **resource.inputs, **self._extras(row, made)}
        return Created(id, outputs)

    def _finish(self, row: AwsType, made: Resource) -> Properties:
        cloud = self.cloud
        if row.wait is not None:
            self._wait(row, made)
        for group in row.updates:
            if set(group.keys) & set(row.after_create) & made.inputs.keys():
                self._apply(row, group, _with(made, inputs={}), made)
        it = self._fetch(row, made)
        if it is None:
            raise Refused(f"AWS created {made.name} ({made.id}) and does not show it.")
        outputs = self._outputs(row, made, it)
        if row.tags is not None:
            row.tags.bring(cloud, _with(made, outputs=outputs), {}, self._tags_all(made.inputs))
        return {**outputs, **made.inputs, **self._extras(row, made)}

    def _wait(self, row: AwsType, made: Resource) -> None:
        from rehearsal.plugins.aws.cloud import evaluate

        name, arguments = row.wait or ("", {})
        waiter = self.cloud.client(row.service).get_waiter(name)
        waiter.config.delay = 1
        waiter.wait(**evaluate(arguments, self.cloud.context(made)))

    def _apply(self, row: AwsType, group: Update, old: Resource, new: Resource) -> None:
        if isinstance(group.how, Call):
            calls.make(self.cloud, row, group.how, self.cloud.context(new, old=old.inputs))
        else:
            group.how(self.cloud, old, new)

    # Reading

    def _fetch(self, row: AwsType, resource: Resource) -> Any:
        if row.recorded:
            kept = self._record.get(row.type, resource.id)
            return None if kept is None else {"$recorded": kept}
        if callable(row.read):
            return row.read(self.cloud, resource)
        if row.read is None:
            raise TypeError(f"{row.type} has no read")
        try:
            answer = calls.make(self.cloud, row, row.read.call, self.cloud.context(resource, old={}))
        except Gone:
            return None
        except Refused as refused:
            if any(code in str(refused) for code in row.read.gone):
                return None
            raise
        it = search(row.read.at, answer)
        if it is None or (row.read.dead and search(row.read.dead, it)):
            return None
        return it

    def _inputs(self, row: AwsType, resource: Resource, it: Any) -> Properties:
        if isinstance(it, Mapping) and "$recorded" in it:
            return {k: v for k, v in it["$recorded"].items() if k != "tags"} | (
                {"tags": it["$recorded"]["tags"]} if "tags" in it["$recorded"] and row.tags is None else {}
            )
        context = self.cloud.context(resource, it=it)
        if not resource.inputs and not resource.outputs:
            return self._imported(row, it, context)
        inputs: Properties = {}
        for key, known in resource.inputs.items():
            if key == "tags" and row.tags is not None:
                continue
            if key in row.local_only or key == "region" or row.read_from.get(key) == "":
                inputs[key] = known
            elif key in row.read_from:
                found = search(row.read_from[key], context)
                if found is not None:
                    inputs[key] = view(found, known)
            else:
                inputs.update(view(it, {key: known}) if isinstance(it, Mapping) else {key: known})
        return inputs

    def _imported(self, row: AwsType, it: Any, context: Mapping[str, Any]) -> Properties:
        """A resource that the state does not know (``get``, import): every input that can be read."""
        found = {key: search(path, context) for key, path in row.read_from.items() if path}
        if isinstance(row.create, Call) and isinstance(it, Mapping):
            shape = self.cloud.operation(row.create.service or row.service, row.create.operation).input_shape
            found |= {k[:1].lower() + k[1:]: v for k, v in it.items() if k in shape.members and k != "Tags"}
        return {key: camel(value) for key, value in found.items() if value is not None}

    def _outputs(self, row: AwsType, resource: Resource, it: Any) -> Properties:
        context = self.cloud.context(resource, it=it)
        outputs: Properties = {}
        for name, path in row.outputs.items():
            value = search(path, context)
            if value is None:
                value = resource.outputs.get(name)
            if value is not None:
                outputs[name] = camel(value)
        return outputs

    def _extras(self, row: AwsType, resource: Resource) -> Properties:
        extras: Properties = {"region": resource.inputs.get("region", self.cloud.region)}
        if row.tags is not None:
            extras["tagsAll"] = self._tags_all(resource.inputs)
        return extras

    def _tags_all(self, inputs: Properties) -> Any:
        tags = inputs.get("tags")
        if tags is not None and not isinstance(tags, Mapping):
            return UNKNOWN
        return {**self.cloud.config.default_tags, **(tags or {})}

    def _tags_of(self, row: AwsType, resource: Resource, it: Any) -> dict[str, str]:
        if row.tags is None:
            return {}
        if row.recorded:
            return dict(self._tags_all(it["$recorded"]))
        listed = it.get("Tags") if isinstance(it, Mapping) else None
        if row.tags is tagging.EC2 and listed:
            return {tag["Key"]: tag["Value"] for tag in listed if not tag["Key"].startswith("aws:")}
        return row.tags.read(self.cloud, resource)

    def _refuse_unsent(self, row: AwsType, inputs: Properties) -> None:
        """Every input must have a place, or a rehearsal would show what it did not do."""
        from rehearsal.plugins.aws.shapes import member_of

        known = {*row.local_only, *row.updatable(), *row.fields, *row.defaults, "tags", "tagsAll", "region"}
        for key in inputs.keys() - known:
            if row.autoname and key in row.autoname:
                continue
            if isinstance(row.create, Call):
                shape = self.cloud.operation(
                    row.create.service or row.service, row.create.operation
                ).input_shape
                if row.create.spread and member_of(shape, key):
                    continue
            raise UnknownType(f"The rehearsal's row of {row.type} does not carry the input {key}")


def _row(type: str) -> AwsType:
    try:
        return types.ROWS[type]
    except KeyError:
        raise UnknownType(f"The rehearsal's aws plugin does not know the resource type {type}") from None


def _with(resource: Resource, **changes: Any) -> Resource:
    from dataclasses import replace

    return replace(resource, **changes)


__all__ = ["AwsBackend"]
