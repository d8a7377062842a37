"""Magnum's types: bodies without a key, changes as JSON patches, and work that goes on after the answer."""

from __future__ import annotations

import time
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Created, Incomplete, Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.kubeconfig import signed
from rehearsal.plugins.openstack.services.api import Answer, Api, or_gone

MAGNUM: Final = "container-infra"
WAIT_SECONDS: Final = 120
POLL_SECONDS: Final = 0.2
_FLAVORS: Final = {"flavor": "flavor_id", "masterFlavor": "master_flavor_id"}


class Template(Api):
    """A cluster template."""

    def create(self, session: Session, inputs: Properties) -> Created:
        return Created(str(session.post(MAGNUM, self.path, self.body(inputs))["uuid"]), {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        answer = or_gone(lambda: session.get(MAGNUM, f"{self.path}/{id}"))
        return None if answer is None else self.show(answer, inputs)

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        if patch := self.patch(self.body(old), self.body(new)):
            session.request(MAGNUM, "PATCH", f"{self.path}/{id}", json=patch)

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        found = super().show(answer, inputs)
        # Magnum keeps how labels were given to itself, and says no of each.
        found.pop("mergeLabels", None)
        if inputs.get("mergeLabels") and "labels" in inputs:
            # Magnum answers with those of the cluster among them.
            found["labels"] = {key: text for key, text in found["labels"].items() if key in inputs["labels"]}
        return found

    @staticmethod
    def patch(before: Answer, after: Answer) -> list[Answer]:
        """What changes, as a JSON patch."""
        given = [
            {"op": "replace", "path": f"/{key}", "value": value}
            for key, value in after.items()
            if before.get(key) != value
        ]
        return given + [{"op": "remove", "path": f"/{key}"} for key in before.keys() - after.keys()]


class Cluster(Template):
    """A cluster: waited for, and opened with a certificate that Magnum signs."""

    def create(self, session: Session, inputs: Properties) -> Created:
        created = super().create(session, inputs)
        try:
            self._finished(session, created.id)
        except Refused as failed:
            # It is there all the same, and the next up has to know it.
            raise Incomplete(str(failed), Created(created.id, dict(inputs))) from None
        return Created(created.id, self.opened(session, created.id))

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        """What Magnum says, but for its number of nodes, which is that of all groups together.

        The real provider asks for that of the cluster's own workers, as it sets no other (magnum 23.0.0,
        ``objects/cluster.py``, ``node_count``; terraform-provider-openstack v3.4.0,
        ``resource_openstack_containerinfra_cluster_v1.go``, ``getDefaultNodegroupNodeCount``; 2026-11-28).
        """
        found = super().read(session, id, inputs)
        if found is not None and "nodeCount" in inputs:
            found["nodeCount"] = self._own_workers(session, id)
        return found

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        super().update(session, id, old, new)
        self._finished(session, id)

    def delete(self, session: Session, id: str, inputs: Properties) -> None:
        super().delete(session, id, inputs)
        end = time.monotonic() + WAIT_SECONDS
        while or_gone(lambda: session.get(MAGNUM, f"{self.path}/{id}")) is not None:
            if time.monotonic() > end:
                raise Refused(f"cluster {id} is still there {WAIT_SECONDS} s after its deletion")
            time.sleep(POLL_SECONDS)

    def opened(self, session: Session, id: str) -> Properties:
        return {"kubeconfig": self.kubeconfig(session, id)}

    def kubeconfig(self, session: Session, id: str) -> Properties:
        """Credentials of an administrator, as the real provider asks Magnum for them."""
        cluster = session.get(MAGNUM, f"{self.path}/{id}")
        authority = session.get(MAGNUM, f"/certificates/{id}")["pem"]

        def sign(request: str) -> str:
            return str(session.post(MAGNUM, "/certificates", {"cluster_uuid": id, "csr": request})["pem"])

        return signed(cluster["name"], cluster["api_address"], authority, sign)

    def _own_workers(self, session: Session, id: str) -> int:
        groups = session.get(MAGNUM, f"{self.path}/{id}/nodegroups", params={"role": "worker"})["nodegroups"]
        return int(next(group["node_count"] for group in groups if group["is_default"]))

    def _finished(self, session: Session, id: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while (cluster := session.get(MAGNUM, f"{self.path}/{id}"))["status"].endswith("_IN_PROGRESS"):
            if time.monotonic() > end:
                raise Refused(f"cluster {id} is {cluster['status']} after {WAIT_SECONDS} s")
            time.sleep(POLL_SECONDS)
        if cluster["status"].endswith("_FAILED"):
            raise Refused(f"cluster {id} is {cluster['status']}: {cluster['status_reason']}")


class NodeGroup(Template):
    """A group of nodes, below its cluster; its id names both."""

    def create(self, session: Session, inputs: Properties) -> Created:
        path = f"/clusters/{inputs['clusterId']}/nodegroups"
        group = session.post(MAGNUM, path, self.body(inputs))
        return Created(f"{inputs['clusterId']}/{group['uuid']}", {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        answer = or_gone(lambda: session.get(MAGNUM, _group(id)))
        return None if answer is None else {**self.show(answer, inputs), "clusterId": id.partition("/")[0]}

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """The bounds before the number, as the real provider does it; Magnum may refuse what would fit.

        terraform-provider-openstack, ``resource_openstack_containerinfra_nodegroup_v1.go``; read 2026-11-28.
        """
        before, after = self.body(old), self.body(new)
        if patch := self.patch(before, {**after, "node_count": before.get("node_count")}):
            session.request(MAGNUM, "PATCH", _group(id), json=patch)
        if old.get("nodeCount") != new.get("nodeCount"):
            cluster, _, group = id.partition("/")
            size = {"node_count": int(new["nodeCount"]), "nodegroup": group}
            session.request(MAGNUM, "POST", f"/clusters/{cluster}/actions/resize", json=size)

    def delete(self, session: Session, id: str, inputs: Properties) -> None:  # noqa: ARG002
        or_gone(lambda: session.request(MAGNUM, "DELETE", _group(id)))


def _group(id: str) -> str:
    cluster, _, group = id.partition("/")
    return f"/clusters/{cluster}/nodegroups/{group}"


def _shown(*names: str) -> tuple[str, ...]:
    return (*names, "projectId", "createdAt", "updatedAt")


APIS: Final[dict[str, Any]] = {
    tokens.CLUSTER_TEMPLATE: Template(
        MAGNUM, "/clustertemplates", "", names={**_FLAVORS, "image": "image_id"},
        shown=_shown("apiserverPort", "clusterDistro", "dockerVolumeSize", "floatingIpEnabled", "hidden",
                     "masterLbEnabled", "networkDriver", "public", "registryEnabled", "serverType",
                     "tlsDisabled", "volumeDriver", "labels", "dockerStorageDriver", "userId"),
    ),
    tokens.CLUSTER: Cluster(
        MAGNUM, "/clusters", "", names=_FLAVORS,
        shown=_shown("apiAddress", "coeVersion", "containerVersion", "createTimeout", "discoveryUrl",
                     "masterCount", "dockerVolumeSize", "flavor", "masterFlavor", "keypair", "labels",
                     "masterLbEnabled", "floatingIpEnabled", "fixedNetwork", "fixedSubnet", "stackId",
                     "masterAddresses", "nodeAddresses", "userId"),
    ),
    tokens.NODE_GROUP: NodeGroup(
        MAGNUM, "", "", names={"clusterId": None},
        shown=_shown("dockerVolumeSize", "flavorId", "imageId", "labels", "minNodeCount", "maxNodeCount",
                     "role"),
    ),
}  # fmt: skip
