"""All resources of a stack, as a rule sees them: those of a preview, or those that the engine tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from infra.policy.inputs import at, text
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.policy import PolicyException

Site = Literal["aws", "openstack"]


@dataclass(frozen=True)
class Stack:
    """What a stack holds once the change is made."""

    name: str
    resources: Mapping[str, Resource]
    exceptions: tuple[PolicyException, ...] = ()
    """Those that its stack file makes."""
    today: date = field(default_factory=date.today)

    @classmethod
    def of(cls, preview: Preview, exceptions: Iterable[PolicyException] = ()) -> Stack:
        """The stack of a preview, after its change."""
        return cls(preview.stack, preview.after, tuple(exceptions))

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of some types."""
        return (each for each in self.resources.values() if each.type in types)

    def behind(self, resource: Resource, key: str, *types: str) -> Iterator[Resource]:
        """The resources of some types that an input takes its value from."""
        for urn in dict.fromkeys(resource.depends.get(key, ())):
            found = self.resources.get(urn)
            if found is not None and (not types or found.type in types):
                yield found

    def parts(self, whole: Resource, kind: str, key: str, *by: str) -> Iterator[Resource]:
        """The resources of a type whose input names ``whole``: by where it comes from, or by a value.

        ``by`` are the inputs of ``whole`` that such a value is compared with.
        """
        values = {value for name in by if (value := text(whole.inputs, name))}
        for each in self.of_type(kind):
            if whole.urn in each.depends.get(key, ()) or text(each.inputs, key) in values:
                yield each

    def provider(self, resource: Resource) -> Mapping[str, object]:
        """The inputs of the provider that makes a resource."""
        found = self.resources.get(resource.provider)
        return found.inputs if found else {}

    def region(self, resource: Resource) -> str | None:
        """The AWS region of a resource: its own or its provider's."""
        return text(resource.inputs, "region") or text(self.provider(resource), "region")

    def site(self, resource: Resource) -> Site | None:
        """The site of a resource; of a Kubernetes object, the site whose cluster its provider speaks to."""
        if resource.package in ("aws", "openstack"):
            return resource.package  # type: ignore[return-value]
        provider = self.resources.get(resource.provider)
        for urns in provider.depends.values() if provider else ():
            for urn in urns:
                if (found := self.resources.get(urn)) and found.package in ("aws", "openstack"):
                    return found.package  # type: ignore[return-value]
        name = text(at(provider.inputs, "cluster") if provider else None) or ""
        for cluster in self.of_type("aws:eks/cluster:Cluster", "openstack:containerinfra/cluster:Cluster"):
            if name and text(cluster.inputs, "name") == name:
                return cluster.package  # type: ignore[return-value]
        return None
