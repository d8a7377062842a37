"""Magnum: cluster templates, clusters and their node groups."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    Addresses,
    Arguments,
    Flag,
    Id,
    Labels,
    Name,
    Text,
    Whole,
    between,
    known,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
)
from rehearsal.plugins.openstack.tokens import (
    CLUSTER,
    CLUSTER_TEMPLATE,
    NODE_GROUP,
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
    dns_nameserver: Addresses | None = None
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
    keypair_id: Text | None = None
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

    cluster_template_id: Id
    create_timeout: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    discovery_url: Annotated[Text | None, FORCES] = None
    docker_volume_size: Annotated[Annotated[Whole, between(1)] | None, FORCES] = None
    fixed_network: Annotated[Text | None, FORCES] = None
    fixed_subnet: Annotated[Text | None, FORCES] = None
    flavor: Annotated[Id | None, FORCES] = None
    floating_ip_enabled: Annotated[Flag | None, FORCES] = None
    keypair: Annotated[Text | None, FORCES] = None
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

    cluster_id: Annotated[Id, FORCES]
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


ROWS = (
    OpenStackType(
        token=CLUSTER_TEMPLATE,
        noun="cluster template",
        service="Magnum",
        arguments=ClusterTemplateArguments,
        outputs=frozenset({
            "clusterDistro", "dockerVolumeSize", "floatingIpEnabled", "hidden",
            "masterLbEnabled", "networkDriver", "public", "registryEnabled", "serverType",
            "tlsDisabled", "volumeDriver", "labels", "region", "projectId", "userId",
            "createdAt", "updatedAt",
        }),
        shown=frozenset({
            "dockerVolumeSize", "floatingIpEnabled", "hidden", "labels", "masterLbEnabled",
            "public", "registryEnabled", "tlsDisabled", "volumeDriver",
        }),
    ),
    OpenStackType(
        token=CLUSTER,
        noun="cluster",
        service="Magnum",
        arguments=ClusterArguments,
        outputs=frozenset({
            "apiAddress", "coeVersion", "containerVersion", "createTimeout", "discoveryUrl",
            "masterCount", "dockerVolumeSize", "flavor", "masterFlavor", "keypair", "labels",
            "masterLbEnabled", "floatingIpEnabled", "fixedNetwork", "fixedSubnet", "stackId",
            "region", "projectId", "userId", "createdAt", "kubeconfig", "updatedAt",
            "masterAddresses", "nodeAddresses",
        }),
        secret_outputs=frozenset({"kubeconfig"}),
    ),
    OpenStackType(
        token=NODE_GROUP,
        noun="node group",
        service="Magnum",
        arguments=NodeGroupArguments,
        outputs=frozenset({
            "dockerVolumeSize", "flavorId", "imageId", "labels", "minNodeCount", "role",
            "maxNodeCount", "region", "projectId", "createdAt", "updatedAt",
        }),
        shown=frozenset({"maxNodeCount"}),
    ),
)  # fmt: skip
