"""The backend of the plugin: objects, charts' releases, which are none, and NodePools, which make nodes."""

from __future__ import annotations

from rehearsal.control_plane.api import Api
from rehearsal.plugins.backend import Change, Created, Found, Properties, Refused, Resource
from rehearsal.plugins.kubernetes import karpenter, releases
from rehearsal.plugins.kubernetes.backend import KubernetesBackend, heard
from rehearsal.plugins.kubernetes.rows import RELEASE_NOTE


class WithCharts(KubernetesBackend):
    """One cluster, as the provider's kubeconfig names it."""

    def check(self, resource: Resource) -> Properties:
        if resource.type != releases.TYPE:
            return super().check(resource)
        return releases.named(resource, self.namespace)

    def diff(self, old: Resource, new: Resource) -> Change:
        return releases.change(old, new) if new.type == releases.TYPE else super().diff(old, new)

    def preview(self, resource: Resource) -> Properties:
        return releases.previewed(resource) if resource.type == releases.TYPE else super().preview(resource)

    def preview_update(self, old: Resource, new: Resource) -> Properties | None:
        return releases.previewed(new) if new.type == releases.TYPE else super().preview_update(old, new)

    @heard
    def create(self, resource: Resource) -> Created:
        if resource.type != releases.TYPE:
            created = super().create(resource)
            if resource.type == karpenter.TYPE:
                karpenter.declare(self.home, self.reached(), created.outputs)
            return created
        return releases.create(self.reached(), resource, self.stopped)

    @heard
    def read(self, resource: Resource) -> Found | None:
        if resource.type != releases.TYPE:
            return super().read(resource)
        api = self.server()
        if not isinstance(api, Api):
            return self.read_unreachable(api)
        return releases.read(api, resource.id, resource.inputs)

    @heard
    def update(self, old: Resource, new: Resource) -> Properties:
        if new.type != releases.TYPE:
            outputs = super().update(old, new)
            if new.type == karpenter.TYPE:
                karpenter.declare(self.home, self.reached(), outputs)
            return outputs
        return releases.update(self.reached(), old.id, new.inputs, self.stopped)

    @heard
    def delete(self, resource: Resource) -> None:
        if resource.type != releases.TYPE:
            super().delete(resource)
            if resource.type == karpenter.TYPE and isinstance(here := self.server(), Api):
                karpenter.withdraw(self.home, here, resource.id.rpartition("/")[2])
            return
        api = self.server()
        if isinstance(api, Api):
            releases.delete(api, resource, self.stopped)
        elif not self.forgets():
            raise Refused(self.said_of(api))

    def note(self, type: str) -> str:
        notes = {releases.TYPE: RELEASE_NOTE, karpenter.TYPE: karpenter.NOTE}
        return notes.get(type) or super().note(type)
