"""How each service keeps tags: five dialects, one way to bring old tags to new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.plugins.aws import shapes
from rehearsal.plugins.aws.cloud import Cloud, evaluate
from rehearsal.plugins.backend import Refused, Resource

_MOST, _KEY, _VALUE = (
    50,
    128,
    256,
)  # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html


@dataclass(frozen=True)
class Tagging:
    """One service's tag calls.

    ``target``: the parameters that name the resource (a row's templates).
    ``form``: "map" ({key: value}) or the names of key and value in a list's items.
    ``whole``: the set call replaces all tags, so ``unset`` is only for none at all.
    """

    service: str
    target: Mapping[str, Any]
    set: str
    unset: str
    get: str
    tags: str = "Tags"
    keys: str = "TagKeys"
    at: str = "Tags"
    form: str | tuple[str, str] = ("Key", "Value")
    whole: bool = False

    def bring(self, cloud: Cloud, resource: Resource, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        target = evaluate(self.target, cloud.context(resource)) or {}
        if old == new:
            return
        if self.whole:
            if new:
                cloud.send(self.service, self.set, {**target, **self._nested({self.tags: self._listed(new)})})
            else:
                cloud.send(self.service, self.unset, target)
            return
        gone = sorted(old.keys() - new.keys())
        if gone:
            keys: Any = [{"Key": key} for key in gone] if self.keys == "Tags" else gone
            cloud.send(self.service, self.unset, {**target, self.keys: keys})
        changed = {k: v for k, v in new.items() if old.get(k) != v}
        if changed:
            cloud.send(self.service, self.set, {**target, self.tags: self._listed(changed)})

    def read(self, cloud: Cloud, resource: Resource) -> dict[str, str]:
        target = evaluate(self.target, cloud.context(resource)) or {}
        if self.service == "ec2":
            target = {"Filters": [{"Name": "resource-id", "Values": target["Resources"]}]}
        found = cloud.find(self.service, self.get, self.at, **target)
        if found is None:
            return {}
        if self.form == "map":
            return {k: v for k, v in found.items() if not k.startswith("aws:")}
        key, value = self._names()
        return {item[key]: item[value] for item in found if not item[key].startswith("aws:")}

    def _listed(self, tags: Mapping[str, str]) -> Any:
        if self.form == "map":
            return dict(tags)
        key, value = self._names()
        return [{key: k, value: v} for k, v in sorted(tags.items())]

    def _names(self) -> tuple[str, str]:
        return ("Key", "Value") if isinstance(self.form, str) else self.form

    def _nested(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"Tagging": {"TagSet": parameters[self.tags]}} if self.service == "s3" else parameters


@dataclass(frozen=True)
class RecordedTagging(Tagging):
    """Tags that the stand-in takes at creation and cannot change: later changes are validated only."""

    def bring(self, cloud: Cloud, resource: Resource, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        if old:
            target = evaluate(self.target, cloud.context(resource)) or {}
            parameters = {**target, self.tags: self._listed(new)}
            shapes.validate(parameters, cloud.operation(self.service, self.set))

    def read(self, cloud: Cloud, resource: Resource) -> dict[str, str]:  # noqa: ARG002
        return dict(resource.outputs.get("tagsAll") or resource.inputs.get("tags") or {})


def validate(tags: Mapping[str, Any]) -> None:
    """Raise Refused for tags that every AWS service refuses."""
    if len(tags) > _MOST:
        raise Refused(f"There are {len(tags)} tags, and AWS allows {_MOST}.", property="tags")
    for key, value in tags.items():
        if not 1 <= len(key) <= _KEY or key.lower().startswith("aws:"):
            raise Refused(
                f"The tag key {key!r} is not allowed: 1 to {_KEY} characters, not beginning with aws:.",
                property="tags",
            )
        if isinstance(value, str) and len(value) > _VALUE:
            raise Refused(f"The tag {key} has {len(value)} characters; AWS allows {_VALUE}.", property="tags")


EC2 = Tagging("ec2", {"Resources": ["$id"]}, "CreateTags", "DeleteTags", "DescribeTags", keys="Tags")


def by_arn(
    service: str, parameter: str, *, arn: str = "$outputs.arn", form: Any = "map", **more: Any
) -> Tagging:
    """The tagging of newer services: TagResource, UntagResource, ListTagsForResource."""
    return Tagging(
        service, {parameter: arn}, "TagResource", "UntagResource", "ListTagsForResource", form=form, **more
    )


def iam(kind: str, parameter: str, name: str, *, get: str) -> Tagging:
    """The tagging of IAM: TagRole, UntagRole, ListRoleTags and the same for other kinds."""
    return Tagging("iam", {parameter: name}, f"Tag{kind}", f"Untag{kind}", get)


__all__ = ["EC2", "Tagging", "by_arn", "iam", "validate"]
