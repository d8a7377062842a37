"""Clusters, node groups, and who may do what in them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal.cluster import pools
from rehearsal.control_plane import clusters
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.plugins.aws import calls, node_pool
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import RecordedTagging, Tagging, by_arn
from rehearsal.plugins.backend import Properties, Refused, Resource

_TAGS: Tagging = by_arn("eks", "resourceArn", tags="tags", keys="tagKeys", at="tags")
# The stand-in tags clusters only.
_GROUP_TAGS = RecordedTagging(
    "eks",
    {"resourceArn": "$outputs.arn"},
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    tags="tags",
    keys="tagKeys",
    at="tags",
    form="map",
)
_THERE = Call("DescribeCluster", {"name": "$inputs.clusterName"})
_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def _logging(inputs: Properties) -> Any:
    on = inputs.get("enabledClusterLogTypes") or []
    setup = [{"types": list(on), "enabled": True}] if on else []
    off = [kind for kind in _LOGS if kind not in on]
    return {"clusterLogging": [*setup, *([{"types": off, "enabled": False}] if off else [])]}


_CREATE_CLUSTER = Call(
    "CreateCluster",
    {
        "name": "$inputs.name",
        "resourcesVpcConfig": "$inputs.vpcConfig",
        "logging": "$logging",
        "bootstrapSelfManagedAddons": "$inputs.bootstrapSelfManagedAddons",
    },
    spread=True,
)


_DELETE_CLUSTER = Call("DeleteCluster", {"name": "$id"})


def _create_cluster(cloud: Cloud, resource: Resource) -> str:
    context = cloud.context(resource, old={}, logging=_logging(resource.inputs))
    answer = calls.make(cloud, _CLUSTER, _CREATE_CLUSTER, context)
    name = str(answer["cluster"]["name"])
    with _told():
        network = resource.inputs.get("kubernetesNetworkConfig") or {}
        clusters.begin(cloud.home, name, network.get("serviceIpv4Cidr") or "")
    return name


def _read_cluster(cloud: Cloud, resource: Resource) -> Any:
    """As the stand-in answers, at the address of the cluster's control plane, if that was ever started."""
    it = cloud.find("eks", "DescribeCluster", "cluster", name=resource.id)
    real = clusters.access(cloud.home, resource.id) if it is not None else None
    if real is None:
        return it
    authority = base64.b64encode(real.authority).decode()
    return {**it, "endpoint": real.server, "certificateAuthority": {"data": authority}}


_RAISE: Call = Call("UpdateClusterVersion", {"name": "$id", "version": "$inputs.version"}, recorded=True)


def _raise_version(cloud: Cloud, old: Resource, new: Resource) -> None:
    """Up by one minor version, as EKS does it, whose node groups must have the cluster's version by then.

    https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html and the API reference of
    UpdateClusterVersion; read 2026-11-28.
    """
    was, now = (str(each.inputs.get("version") or "") for each in (old, new))
    minors = [int(version.partition(".")[2] or 0) for version in (was, now)]
    if was and now and minors[1] - minors[0] != 1:
        raise Refused(f"Unsupported Kubernetes minor version update from {was} to {now}", property="version")
    calls.make(cloud, _CLUSTER, _RAISE, cloud.context(new, old=old.inputs))


def _delete_cluster(cloud: Cloud, resource: Resource) -> None:
    if resource.outputs.get("deletionProtection", resource.inputs.get("deletionProtection")):
        # https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html, 2026-11-28.
        raise Refused(
            f"The cluster {resource.id} has deletion protection turned on (InvalidRequestException).",
            property="deletionProtection",
        )
    calls.make(cloud, _CLUSTER, _DELETE_CLUSTER, cloud.context(resource, old={}))
    with _told():
        clusters.end(cloud.home, resource.id)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ControlPlaneError as error:
        raise Refused(str(error)) from None


def _change(*keys: str, **arguments: Any) -> Update:
    """The stand-in carries out little of UpdateClusterConfig; the model validates every change."""
    return Update(keys, Call("UpdateClusterConfig", {"name": "$id", **arguments}, recorded=True))


def _check_cluster(inputs: Properties) -> None:
    logs = inputs.get("enabledClusterLogTypes")
    for kind in logs if isinstance(logs, list) else []:
        if isinstance(kind, str) and kind not in _LOGS:
            raise Refused(
                f"enabledClusterLogTypes holds {kind!r}, and EKS has {', '.join(_LOGS)}.",
                property="enabledClusterLogTypes",
            )
    network = inputs.get("vpcConfig")
    subnets = network.get("subnetIds") if isinstance(network, dict) else None
    if isinstance(subnets, list) and len(subnets) < 2:
        raise Refused("vpcConfig.subnetIds needs at least two subnets in two zones.", property="vpcConfig")


_CLUSTER: AwsType = AwsType(
    type="aws:eks/cluster:Cluster",
    service="eks",
    create=_create_cluster,
    validated=(_CREATE_CLUSTER,),
    wait=("cluster_active", {"name": "$id"}),
    read=_read_cluster,
    delete=_delete_cluster,
    fields={
        "vpcConfig": "",
        "enabledClusterLogTypes": "",
        "encryptionConfig": "encryptionConfig",
        "name": "name",
        "roleArn": "roleArn",
        "version": "version",
        "kubernetesNetworkConfig": "kubernetesNetworkConfig",
        "accessConfig": "accessConfig",
        "upgradePolicy": "upgradePolicy",
        "computeConfig": "computeConfig",
        "storageConfig": "storageConfig",
        "remoteNetworkConfig": "remoteNetworkConfig",
        "zonalShiftConfig": "zonalShiftConfig",
        "outpostConfig": "outpostConfig",
        "deletionProtection": "deletionProtection",
        "bootstrapSelfManagedAddons": "",
    },
    read_from={
        # Their changes are recorded only, so what the stand-in answers is older than what was asked for.
        **dict.fromkeys(
            (
                "vpcConfig",
                "enabledClusterLogTypes",
                "accessConfig",
                "version",
                "upgradePolicy",
                "computeConfig",
                "storageConfig",
                "remoteNetworkConfig",
                "zonalShiftConfig",
                "outpostConfig",
                "deletionProtection",
                "bootstrapSelfManagedAddons",
                "encryptionConfig",
                "kubernetesNetworkConfig",
            ),
            "",
        ),
        "roleArn": "it.roleArn",
    },
    local_only=("forceUpdateVersion", "defaultAddonsToRemoves"),
    outputs={
        "arn": "it.arn",
        "endpoint": "it.endpoint",
        "status": "it.status",
        "createdAt": "it.createdAt",
        "platformVersion": "it.platformVersion",
        "certificateAuthority": "{data: it.certificateAuthority.data}",
        "certificateAuthorities": "[{data: it.certificateAuthority.data}]",
        "identities": "[{oidcs: [{issuer: it.identity.oidc.issuer}]}]",
        "version": "it.version",
        "clusterId": "it.id",
    },
    defaults={"bootstrapSelfManagedAddons": True},
    updates=(
        Update(
            ("version",),
            _raise_version,
            "UpdateClusterVersion",
        ),
        _change(
            "vpcConfig",
            resourcesVpcConfig={
                key: f"$inputs.vpcConfig.{key}"
                for key in (
                    "endpointPublicAccess",
                    "endpointPrivateAccess",
                    "publicAccessCidrs",
                    "subnetIds",
                    "securityGroupIds",
                )
            },
        ),
        _change(
            "accessConfig", accessConfig={"authenticationMode": "$inputs.accessConfig.authenticationMode"}
        ),
        _change("upgradePolicy", upgradePolicy="$inputs.upgradePolicy"),
        _change("zonalShiftConfig", zonalShiftConfig="$inputs.zonalShiftConfig"),
        _change("deletionProtection", deletionProtection="$inputs.deletionProtection"),
        _change("computeConfig", computeConfig="$inputs.computeConfig"),
        _change("storageConfig", storageConfig="$inputs.storageConfig"),
        Update(
            ("enabledClusterLogTypes",),
            lambda cloud, old, new: (
                calls.make(
                    cloud,
                    _CLUSTER,
                    Call("UpdateClusterConfig", {"name": "$id", "logging": "$logging"}, recorded=True),
                    cloud.context(new, old=old.inputs, logging=_logging(new.inputs)),
                )
                and None
            ),
            "UpdateClusterConfig",
        ),
    ),
    autoname={"name": 100},
    unique_by=("name",),
    tags=_TAGS,
    check=_check_cluster,
)


_DELETE_NODE_GROUP = Call(
    "DeleteNodegroup",
    {
        "clusterName": "$inputs.clusterName || outputs.clusterName",
        "nodegroupName": "$inputs.nodeGroupName || outputs.nodeGroupName",
    },
)


def _read_node_group(cloud: Cloud, resource: Resource) -> Any:
    """As the stand-in answers, and told to the node agent: so after each creation, change and import."""
    cluster, _, name = resource.id.partition(":")
    it = cloud.find("eks", "DescribeNodegroup", "nodegroup", clusterName=cluster, nodegroupName=name)
    if it is None:
        pools.withdraw(cloud.home, cluster, name)
    else:
        pools.declare(cloud.home, cluster, node_pool.of(cloud, it))
    return it


def _delete_node_group(cloud: Cloud, resource: Resource) -> None:
    calls.make(cloud, _NODE_GROUP, _DELETE_NODE_GROUP, cloud.context(resource, old={}))
    cluster, _, name = resource.id.partition(":")
    pools.withdraw(cloud.home, cluster, name)


def _change_node_group(cloud: Cloud, old: Resource, new: Resource) -> None:
    """Labels and taints are changed by what is added and what is removed."""
    cluster, _, name = new.id.partition(":")
    call: dict[str, Any] = {"clusterName": cluster, "nodegroupName": name}
    before, after = (r.inputs.get("labels") or {} for r in (old, new))
    labels = {
        "addOrUpdateLabels": {k: v for k, v in after.items() if before.get(k) != v},
        "removeLabels": sorted(before.keys() - after.keys()),
    }
    if before != after:
        call["labels"] = {k: v for k, v in labels.items() if v}
    old_taints, new_taints = (r.inputs.get("taints") or [] for r in (old, new))
    if old_taints != new_taints:
        kept = {(t["key"], t["effect"]) for t in new_taints}
        taints = {
            "addOrUpdateTaints": [t for t in new_taints if t not in old_taints],
            "removeTaints": [t for t in old_taints if (t["key"], t["effect"]) not in kept],
        }
        call["taints"] = {k: v for k, v in taints.items() if v}
    for key in ("scalingConfig", "updateConfig", "nodeRepairConfig"):
        if old.inputs.get(key) != new.inputs.get(key) and new.inputs.get(key):
            call[key] = new.inputs[key]
    validated = Call("UpdateNodegroupConfig", {key: value for key, value in call.items()})
    calls.make(
        cloud,
        AwsType(type="", service="eks", create=validated),
        validated,
        cloud.context(new, old=old.inputs),
    )


_VERSION = Call(
    "UpdateNodegroupVersion",
    {
        "clusterName": "$inputs.clusterName",
        "nodegroupName": "$inputs.nodeGroupName",
        "version": "$inputs.version",
        "releaseVersion": "$inputs.releaseVersion",
        "launchTemplate": {"id": "$inputs.launchTemplate.id", "version": "$inputs.launchTemplate.version"},
        "force": "$inputs.forceUpdateVersion",
    },
    recorded=True,
)


def _check_node_group(inputs: Properties) -> None:
    scaling = inputs.get("scalingConfig")
    if isinstance(scaling, dict):
        sizes = [scaling.get(key) for key in ("minSize", "desiredSize", "maxSize")]
        if all(isinstance(size, int) for size in sizes) and sizes != sorted(sizes):  # type: ignore[type-var]
            raise Refused(
                "scalingConfig has minSize {}, desiredSize {}, maxSize {}: they must rise.".format(*sizes),
                property="scalingConfig",
            )


_NODE_GROUP: AwsType = AwsType(
    type="aws:eks/nodeGroup:NodeGroup",
    service="eks",
    create=Call("CreateNodegroup", {"tags": "$inputs.tags"}, spread=True),
    id="join(':', [nodegroup.clusterName, nodegroup.nodegroupName])",
    wait=(
        "nodegroup_active",
        {"clusterName": "$inputs.clusterName", "nodegroupName": "$inputs.nodeGroupName"},
    ),
    read=_read_node_group,
    delete=_delete_node_group,
    fields={"nodeGroupName": "nodegroupName", "nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
    read_from={
        "nodeRoleArn": "it.nodeRole",
        "subnetIds": "it.subnets",
        "clusterName": "it.clusterName",
        "nodeGroupName": "it.nodegroupName",
        "nodeRepairConfig": "",
        "warmPoolConfig": "",
        "version": "",
        "releaseVersion": "",
        "launchTemplate": "",
    },
    local_only=("forceUpdateVersion",),
    outputs={
        "arn": "it.nodegroupArn",
        "status": "it.status",
        "version": "it.version",
        "resources": "[{autoscalingGroups: it.resources.autoScalingGroups[].{name: name}, "
        "remoteAccessSecurityGroupId: it.resources.remoteAccessSecurityGroup}]",
        "capacityType": "it.capacityType",
        "amiType": "it.amiType",
    },
    updates=(
        Update(("scalingConfig", "labels", "taints", "updateConfig", "nodeRepairConfig"), _change_node_group),
        Update(("version", "releaseVersion", "launchTemplate"), _VERSION),
    ),
    autoname={"nodeGroupName": 63},
    unique_by=("clusterName", "nodeGroupName"),
    tags=_GROUP_TAGS,
    check=_check_node_group,
)


def _recorded(name: str, create: Call, id: str, delete: Call, **more: Any) -> AwsType:
    return AwsType(
        type=f"aws:eks/{name[:1].lower()}{name[1:]}:{name}",
        service="eks",
        create=create,
        id=id,
        delete=delete,
        requires=(_THERE,),
        recorded=True,
        **more,
    )


_CLUSTER_AND_PRINCIPAL = {"clusterName": "$inputs.clusterName", "principalArn": "$inputs.principalArn"}
_CLUSTER_AND_ADDON = {"clusterName": "$inputs.clusterName", "addonName": "$inputs.addonName"}

ROWS: tuple[AwsType, ...] = (
    _CLUSTER,
    _NODE_GROUP,
    _recorded(
        "AccessEntry",
        Call("CreateAccessEntry", {}, spread=True),
        "join(':', [inputs.clusterName, inputs.principalArn])",
        Call("DeleteAccessEntry", _CLUSTER_AND_PRINCIPAL),
        fields={"userName": "username"},
        outputs={
            "accessEntryArn": "'arn:{partition}:eks:{region}:{account}:access-entry/"
            "{inputs.clusterName}/{inputs.principalArn}'",
            "type": "inputs.type || 'STANDARD'",
        },
        updates=(
            Update(
                ("kubernetesGroups", "userName"),
                Call(
                    "UpdateAccessEntry",
                    {
                        **_CLUSTER_AND_PRINCIPAL,
                        "kubernetesGroups": "$inputs.kubernetesGroups",
                        "username": "$inputs.userName",
                    },
                    recorded=True,
                ),
            ),
        ),
        unique_by=("clusterName", "principalArn"),
        tags=_TAGS,
    ),
    _recorded(
        "AccessPolicyAssociation",
        Call("AssociateAccessPolicy", {}, spread=True),
        "join('#', [inputs.clusterName, inputs.principalArn, inputs.policyArn])",
        Call("DisassociateAccessPolicy", {**_CLUSTER_AND_PRINCIPAL, "policyArn": "$inputs.policyArn"}),
        unique_by=("clusterName", "principalArn", "policyArn"),
        repeatable=True,
    ),
    _recorded(
        "Addon",
        Call("CreateAddon", {}, spread=True),
        "join(':', [inputs.clusterName, inputs.addonName])",
        Call("DeleteAddon", _CLUSTER_AND_ADDON),
        fields={"resolveConflictsOnCreate": "resolveConflicts"},
        local_only=("preserve", "resolveConflictsOnUpdate"),
        outputs={
            "arn": "'arn:{partition}:eks:{region}:{account}:addon/{inputs.clusterName}/{inputs.addonName}'",
            "addonVersion": "inputs.addonVersion",
        },
        updates=(
            Update(
                (
                    "addonVersion",
                    "configurationValues",
                    "serviceAccountRoleArn",
                    "podIdentityAssociations",
                    "resolveConflictsOnCreate",
                ),
                Call(
                    "UpdateAddon",
                    {
                        **_CLUSTER_AND_ADDON,
                        "addonVersion": "$inputs.addonVersion",
                        "configurationValues": "$inputs.configurationValues",
                        "serviceAccountRoleArn": "$inputs.serviceAccountRoleArn",
                        "podIdentityAssociations": "$inputs.podIdentityAssociations",
                    },
                    recorded=True,
                ),
            ),
        ),
        unique_by=("clusterName", "addonName"),
        tags=_TAGS,
    ),
    _recorded(
        "PodIdentityAssociation",
        Call("CreatePodIdentityAssociation", {}, spread=True),
        "join(':', [inputs.clusterName, inputs.namespace, inputs.serviceAccount])",
        Call(
            "DeletePodIdentityAssociation",
            {"clusterName": "$inputs.clusterName", "associationId": "$outputs.associationId || id"},
        ),
        outputs={
            "associationId": "id",
            "associationArn": "'arn:{partition}:eks:{region}:{account}:podidentityassociation/{id}'",
        },
        updates=(
            Update(
                ("roleArn", "disableSessionTags", "targetRoleArn", "policy"),
                Call(
                    "UpdatePodIdentityAssociation",
                    {
                        "clusterName": "$inputs.clusterName",
                        "associationId": "$id",
                        "roleArn": "$inputs.roleArn",
                        "disableSessionTags": "$inputs.disableSessionTags",
                        "targetRoleArn": "$inputs.targetRoleArn",
                    },
                    recorded=True,
                ),
            ),
        ),
        unique_by=("clusterName", "namespace", "serviceAccount"),
        tags=_TAGS,
        imported=lambda _, id: id.rpartition(",")[2],
    ),
)
