"""Magnum: cluster templates, clusters and their node groups."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.catalogue import is_catalogued
from rehearsal.plugins.openstack.control_planes import ControlPlanes
from rehearsal.plugins.openstack.fields import (
    FORCES,
    Address,
    Arguments,
    Flag,
    Id,
    Labels,
    Name,
    Ref,
    Text,
    Whole,
    between,
    known,
    one_of,
)
from rehearsal.plugins.openstack.kubeconfig import api_address, kubeconfig, node_addresses
from rehearsal.plugins.openstack.record import Content, Entry
from rehearsal.plugins.openstack.resource_type import (
    PROJECT_ID,
    USER_ID,
    OpenStackType,
    Situation,
    now,
    refuse,
    region,
)
from rehearsal.plugins.openstack.tokens import (
    CLUSTER,
    CLUSTER_TEMPLATE,
    KEYPAIR,
    NETWORK,
    NODE_GROUP,
    SUBNET,
)

OWN_GROUPS = ("default-master", "default-worker")  # Magnum makes these two itself


def _cluster_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.-]{0,241}", value):
        raise ValueError(
            "must start with a letter and go on with letters, digits, '_', '.' or '-' (242 at most)"
        )
    return value


class ClusterTemplateArguments(Arguments):
    """Inputs of a cluster template."""

    coe: Annotated[Text, one_of("kubernetes")]
    image: Id
    apiserver_port: Annotated[Whole, between(1024, 65535)] | None = None
    cluster_distro: Text | None = None
    dns_nameserver: Address | None = None
    docker_storage_driver: Annotated[Text, one_of("devicemapper", "overlay", "overlay2")] | None = None
    docker_volume_size: Annotated[Whole, between(1)] | None = None
    external_network_id: Text | None = None
    fixed_network: Text | None = None
    fixed_subnet: Text | None = None
    flavor: Id | None = None
    floating_ip_enabled: Flag | None = None
    hidden: Flag | None = None
    http_proxy: Text | None = None
    https_proxy: Text | None = None
    insecure_registry: Text | None = None
    keypair_id: Annotated[Text | None, Ref((KEYPAIR,), "keep")] = None
    labels: Labels | None = None
    master_flavor: Id | None = None
    master_lb_enabled: Flag | None = None
    name: Name | None = None
    network_driver: Annotated[Text, one_of("flannel", "calico", "cilium")] | None = None
    no_proxy: Text | None = None
    public: Flag | None = None
    region: Annotated[Text | None, FORCES] = None
    registry_enabled: Flag | None = None
    server_type: Annotated[Text, one_of("vm", "bm")] | None = None
    tls_disabled: Flag | None = None
    volume_driver: Annotated[Text, one_of("cinder")] | None = None


class ClusterArguments(Arguments):
    """Inputs of a cluster."""

    cluster_template_id: Annotated[Id, Ref((CLUSTER_TEMPLATE,))]
    create_timeout: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    discovery_url: Annotated[Text | None, FORCES] = None
    docker_volume_size: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    fixed_network: Annotated[Text | None, FORCES] = None
    fixed_subnet: Annotated[Text | None, FORCES] = None
    flavor: Annotated[Id | None, FORCES] = None
    floating_ip_enabled: Annotated[Flag | None, FORCES] = None
    keypair: Annotated[Text | None, FORCES, Ref((KEYPAIR,), "keep")] = None
    labels: Annotated[Labels | None, FORCES] = None
    master_count: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    master_flavor: Annotated[Id | None, FORCES] = None
    master_lb_enabled: Annotated[Flag | None, FORCES] = None
    merge_labels: Annotated[Flag | None, FORCES] = None
    name: Annotated[Annotated[Name, AfterValidator(_cluster_name)] | None, FORCES] = None
    node_count: Annotated[Whole, between(0)] | None = 1
    region: Annotated[Text | None, FORCES] = None


class NodeGroupArguments(Arguments):
    """Inputs of a node group."""

    cluster_id: Annotated[Id, FORCES, Ref((CLUSTER,), "cascade")]
    docker_volume_size: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    flavor_id: Annotated[Id | None, FORCES] = None
    image_id: Annotated[Id | None, FORCES] = None
    labels: Annotated[Labels | None, FORCES] = None
    max_node_count: Annotated[Whole, between(1)] | None = None
    merge_labels: Annotated[Flag | None, FORCES] = None
    min_node_count: Annotated[Whole, between(0)] | None = None
    name: Annotated[Annotated[Name, AfterValidator(_cluster_name)] | None, FORCES] = None
    node_count: Annotated[Whole, between(0)] | None = 1
    region: Annotated[Text | None, FORCES] = None
    role: Annotated[Text | None, FORCES] = None

    @model_validator(mode="after")
    def _counts_in_order(self) -> NodeGroupArguments:
        least, count, most = self.min_node_count, self.node_count, self.max_node_count
        if known(self.role) and self.role == "master":
            raise ValueError("`role` is 'master' but only the cluster itself makes master nodes")
        if least is not None and most is not None and known(least, most) and least > most:
            raise ValueError(f"`minNodeCount` {least} is above `maxNodeCount` {most}")
        if count is not None and known(count):
            if least is not None and known(least) and count < least:
                raise ValueError(f"`nodeCount` {count} is below `minNodeCount` {least}")
            if most is not None and known(most) and count > most:
                raise ValueError(f"`nodeCount` {count} is above `maxNodeCount` {most}")
        return self


def _find(record: Content, type: str, name: str | None) -> Entry | None:
    """By id or by name, as Magnum resolves networks and subnets."""
    return next((e for e in record.of(type) if name and name in (e.id, e.outputs.get("name"))), None)


def _networks_exist(s: Situation) -> None:
    for key, type, noun in (("fixedNetwork", NETWORK, "network"), ("fixedSubnet", SUBNET, "subnet")):
        name = s.inputs.get(key)
        if name and _find(s.record, type, name) is None:
            refuse(f"404: `{key}` is {name!r}, and there is no {noun} with that id or name", key)
    network, subnet = (
        _find(s.record, t, s.inputs.get(k)) for t, k in ((NETWORK, "fixedNetwork"), (SUBNET, "fixedSubnet"))
    )
    if network and subnet and subnet.inputs["networkId"] != network.id:
        refuse(f"400: subnet {subnet.title} is not on network {network.title}", "fixedSubnet")
    external = s.inputs.get("externalNetworkId")
    if not external or is_catalogued("network", external):
        return
    found = _find(s.record, NETWORK, external)
    if found is not None and not found.outputs.get("external"):
        refuse(f"400: network {found.title} is not external", "externalNetworkId")
    looks_like_id = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", external)
    if found is None and looks_like_id:
        refuse(
            f"404: `externalNetworkId` is {external!r}, and there is no external network with that id",
            "externalNetworkId",
        )


def _template_is_free(s: Situation) -> None:
    """Magnum lets a template in use change its name and its visibility, nothing else."""
    changed = {
        k
        for k in {*s.inputs, *(s.entry.inputs if s.entry else {})}
        if not s.entry or s.inputs.get(k) != s.entry.inputs.get(k)
    }
    if changed <= {"name", "public", "hidden"}:
        return
    for cluster in s.record.of(CLUSTER):
        if cluster.inputs["clusterTemplateId"] == s.id:
            refuse(
                f"400: cluster template {s.id} is referenced by cluster {cluster.title}, so "
                f"{', '.join(sorted(changed))} cannot change in place; "
                "let the change replace the template (replace_on_changes)"
            )


def _masters_need_balancer(s: Situation) -> None:
    template = s.record.get(CLUSTER_TEMPLATE, s.inputs["clusterTemplateId"])
    balanced = s.inputs.get(
        "masterLbEnabled", template.inputs.get("masterLbEnabled", False) if template else False
    )
    if (s.inputs.get("masterCount") or 1) > 1 and not balanced:
        refuse("400: `masterCount` must be 1 where `masterLbEnabled` is false", "masterCount")


def _uses_of_cluster(record: Content, entry: Entry) -> list[tuple[str, str]]:
    """A cluster's machines have ports on its network: its own, else its template's."""
    template = record.get(CLUSTER_TEMPLATE, entry.inputs["clusterTemplateId"])
    uses = []
    for type, key in ((NETWORK, "fixedNetwork"), (SUBNET, "fixedSubnet")):
        name = entry.inputs.get(key) or (template.inputs.get(key) if template else None)
        if found := _find(record, type, name):
            uses.append((type, found.id))
    return uses


def _from_template(key: str, default: Any, template_key: str = "") -> Any:
    def make(s: Situation) -> Any:
        template = s.record.get(CLUSTER_TEMPLATE, s.inputs["clusterTemplateId"])
        return template.outputs.get(template_key or key, default) if template else default

    return make


def _group_name_is_free(s: Situation) -> None:
    name = s.inputs.get("name")
    taken = {
        e.inputs.get("name") for e in s.others(NODE_GROUP) if e.inputs["clusterId"] == s.inputs["clusterId"]
    }
    if name in taken or name in OWN_GROUPS:
        refuse(f"409: cluster {s.inputs['clusterId']} already has a node group called {name!r}", "name")


def _named_version(s: Situation) -> str:
    return str((s.inputs.get("labels") or {}).get("kube_tag", ""))


ROWS = (
    OpenStackType(
        token=CLUSTER_TEMPLATE,
        noun="cluster template",
        service="Magnum",
        arguments=ClusterTemplateArguments,
        computed={"clusterDistro": "fedora-coreos",
                  "dockerVolumeSize": 0, "floatingIpEnabled": True, "hidden": False,
                  "masterLbEnabled": False, "networkDriver": "flannel", "public": False,
                  "registryEnabled": False, "serverType": "vm", "tlsDisabled": False,
                  "volumeDriver": "", "labels": {},
                  "region": region, "projectId": PROJECT_ID, "userId": USER_ID,
                  "createdAt": lambda _: now()},
        following={"updatedAt": lambda s: now() if s.entry else ""},
        shown=frozenset({"dockerVolumeSize", "floatingIpEnabled", "hidden", "labels", "masterLbEnabled",
                         "public", "registryEnabled", "tlsDisabled", "volumeDriver"}),
        rules=(_networks_exist,),
        update_rules=(_template_is_free,),
    ),
    OpenStackType(
        token=CLUSTER,
        noun="cluster",
        service="Magnum",
        arguments=ClusterArguments,
        computed={"apiAddress": api_address, "coeVersion": _named_version, "containerVersion": "",
                  "createTimeout": 60, "discoveryUrl": "", "masterCount": 1,
                  "dockerVolumeSize": _from_template("dockerVolumeSize", 0),
                  "flavor": _from_template("flavor", ""), "masterFlavor": _from_template("masterFlavor", ""),
                  "keypair": _from_template("keypair", "", "keypairId"),
                  "labels": _from_template("labels", {}),
                  "masterLbEnabled": _from_template("masterLbEnabled", False),
                  "floatingIpEnabled": _from_template("floatingIpEnabled", True),
                  "fixedNetwork": _from_template("fixedNetwork", ""),
                  "fixedSubnet": _from_template("fixedSubnet", ""),
                  "stackId": lambda _: str(uuid.uuid4()), "region": region, "projectId": PROJECT_ID,
                  "userId": USER_ID, "createdAt": lambda _: now(), "kubeconfig": kubeconfig},
        following={
            "updatedAt": lambda s: now() if s.entry else "",
            "masterAddresses": lambda s: node_addresses(s, "master", s.inputs.get("masterCount") or 1),
            "nodeAddresses": lambda s: node_addresses(s, "node", s.inputs.get("nodeCount") or 0),
        },
        rules=(_networks_exist, _masters_need_balancer),
        calls=ControlPlanes(),
        uses=_uses_of_cluster,
        secret_outputs=frozenset({"kubeconfig"}),
    ),
    OpenStackType(
        token=NODE_GROUP,
        noun="node group",
        service="Magnum",
        arguments=NodeGroupArguments,
        computed={"dockerVolumeSize": 0, "flavorId": "", "imageId": "",
                  "labels": {}, "minNodeCount": 0, "role": "worker",
                  "maxNodeCount": 0, "region": region, "projectId": PROJECT_ID,
                  "createdAt": lambda _: now()},
        following={"updatedAt": lambda s: now() if s.entry else ""},
        shown=frozenset({"maxNodeCount"}),
        rules=(_group_name_is_free,),
        identify=lambda i: f"{i['clusterId']}/{uuid.uuid4()}",
    ),
)  # fmt: skip
