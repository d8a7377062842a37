"""The EKS cluster: control plane, add-ons, who may enter, and the nodes it needs for itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.aws.nodes import Nodes, NodesSpec
from infra.aws.roles import ServiceRole, pod_trust, service_trust
from infra.naming import Naming
from infra.pins import EKS_ADDONS
from infra.settings.aws import AwsCluster
from infra.settings.changes.steps import KUBERNETES

CONTROL_PLANE_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
"""Reads without Secrets (https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html,
2026-11-28)."""
CSI_DRIVER = "aws-ebs-csi-driver"
CSI_ACCOUNT = "ebs-csi-controller-sa"
BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""Add-ons without which no node becomes ready; the others need nodes to run on."""

SESSIONS = "AmazonSSMManagedInstanceCore"
"""Lets Session Manager open a shell on a node, so that none has a key pair or listens for SSH. EKS's images
run its agent (awslabs/amazon-eks-ami; from memory, not looked up on 2026-11-28)."""


def addon_settings(addon: str, cluster: str) -> Mapping[str, object]:
    """What an add-on is told beside AWS's own defaults."""
    if addon == "vpc-cni":
        # The namespaces' network policies are only as good as what enforces them.
        return {"enableNetworkPolicy": "true"}
    if addon == CSI_DRIVER:
        # Without it no volume says whose it is: each then has the tag kubernetes.io/cluster/NAME, by which
        # `isthmus destroy` finds it (kubernetes-sigs/aws-ebs-csi-driver, docs/tagging.md; 2026-11-28).
        return {"controller": {"k8sTagClusterId": cluster}}
    return {}


class Cluster(pulumi.ComponentResource):
    """A Kubernetes cluster whose API server answers inside the VPC and to the OpenStack site only.

    ``api_clients`` are the networks that may reach it (TCP 443). With ``settings.api_allowed_cidrs`` it
    gets a public address too, for those networks and no others. ``versions``: the minor version of
    ``kubernetes``, and that of each add-on; one that is not named is left to EKS. ``protect``: neither the
    engine nor EKS deletes it.
    """

    cluster: aws.eks.Cluster
    cluster_name: pulumi.Output[str]
    """What is put into the cluster depends on this component, so that nodes and add-ons are there for it."""
    node_role_arn: pulumi.Output[str]
    version: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """For ``kubectl`` and the Kubernetes provider; it holds no token but asks ``aws eks get-token``."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: AwsCluster,
        region: str,
        vpc: aws.ec2.Vpc,
        control_plane_subnet_ids: Sequence[pulumi.Input[str]],
        node_subnet_ids: Sequence[pulumi.Input[str]],
        api_clients: Mapping[str, str],
        kms_key_arn: pulumi.Input[str],
        log_retention_days: int,
        versions: Mapping[str, str],
        more_addons: Sequence[str] = (),
        resized: bool = False,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Cluster", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._named, self._addon_versions = naming.cluster("aws"), versions
        role = ServiceRole(
            f"{name}-control-plane",
            trust=service_trust("eks.amazonaws.com"),
            policies=["AmazonEKSClusterPolicy"],
            opts=self._child,
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-control-plane",
            # EKS writes to this name; made first, it has our retention and our key.
            name=f"/aws/eks/{naming.cluster('aws')}/cluster",
            retention_in_days=log_retention_days,
            kms_key_id=kms_key_arn,
            opts=self._child,
        )
        cluster = aws.eks.Cluster(
            name,
            name=naming.cluster("aws"),
            version=versions[KUBERNETES],
            role_arn=role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(control_plane_subnet_ids),
                security_group_ids=[self._api_door(name, vpc.id, api_clients)],
                endpoint_private_access=True,
                endpoint_public_access=bool(settings.api_allowed_cidrs),
                public_access_cidrs=[str(cidr) for cidr in settings.api_allowed_cidrs] or None,
            ),
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                ip_family="ipv4", service_ipv4_cidr=str(settings.service_cidr)
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API",
                # Whoever makes the cluster must be able to put the namespaces into it. Left to EKS, that is
                # an entry which no state knows, and of which a second one is refused
                # (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html,
                # API_CreateAccessEntry.html: ResourceInUseException, 409; 2026-11-28).
                bootstrap_cluster_creator_admin_permissions=settings.deployer is None,
            ),
            # The pinned add-ons below take the place of those that EKS would install by itself.
            bootstrap_self_managed_addons=False,
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=kms_key_arn),
                resources=["secrets"],
            ),
            enabled_cluster_log_types=list(CONTROL_PLANE_LOGS),
            # EKS itself refuses DeleteCluster then, whoever asks
            # (https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html, 2026-11-28).
            deletion_protection=protect,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                depends_on=[logs, role],
                # A cluster stays in the VPC that it was made in (EKS API reference, UpdateClusterConfig),
                # and its name is taken as long as it is there.
                replace_with=[vpc],
                delete_before_replace=True,
            ),
        )
        if settings.deployer is not None:
            self._enters(f"{name}-deployer", cluster, settings.deployer, ADMIN_POLICY)
        for index, principal in enumerate(settings.admins):
            # By its principal: by its place, another order would ask for an entry that is there already.
            before = [pulumi.Alias(name=f"{name}-admin-{index}")]
            self._enters(f"{name}-admin-{short(principal)}", cluster, principal, ADMIN_POLICY, before)
        for principal in settings.viewers:
            self._enters(f"{name}-viewer-{short(principal)}", cluster, principal, VIEW_POLICY)

        early = [self._addon(name, cluster, addon) for addon in EKS_ADDONS if addon in BEFORE_NODES]
        node_role = ServiceRole(
            f"{name}-nodes",
            trust=service_trust("ec2.amazonaws.com"),
            policies=[
                "AmazonEKSWorkerNodePolicy",
                "AmazonEC2ContainerRegistryPullOnly",
                "AmazonEKS_CNI_Policy",
                SESSIONS,
            ],
            opts=self._child,
        )
        system = Nodes(
            f"{name}-system",
            cluster_name=cluster.name,
            version=cluster.version,
            role_arn=node_role.arn,
            subnet_ids=node_subnet_ids,
            spec=NodesSpec(
                instance_type=settings.system_nodes.instance_type,
                min=settings.system_nodes.min,
                max=settings.system_nodes.max,
                disk_gib=settings.system_nodes.disk_gib,
                resized=resized,
                labels=naming.labels,
            ),
            tags=naming.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*early, node_role]),
        )
        for addon in (*EKS_ADDONS, *more_addons):
            if addon not in BEFORE_NODES:
                self._addon(name, cluster, addon, depends_on=system)
        # By value they hang on the cluster alone: else a change of nodes would be one of all that runs there.
        self.cluster, self.cluster_name = cluster, cluster.name
        self.node_role_arn = node_role.arn
        self.version = cluster.version
        self.kubeconfig = pulumi.Output.all(
            cluster.name, cluster.endpoint, cluster.certificate_authority.apply(lambda ca: ca.data)
        ).apply(lambda known: kubeconfig(known[0], known[1], known[2], region))
        self.register_outputs(
            {
                "clusterName": self.cluster_name,
                "nodeRoleArn": self.node_role_arn,
                "version": self.version,
                "kubeconfig": self.kubeconfig,
            }
        )

    def _api_door(
        self, name: str, vpc_id: pulumi.Input[str], clients: Mapping[str, str]
    ) -> pulumi.Output[str]:
        group = aws.ec2.SecurityGroup(
            f"{name}-api",
            description="The API server, from the networks of the estate",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-api"},
            opts=self._child,
        )
        for client, cidr in clients.items():
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-api-{client}",
                security_group_id=group.id,
                description=f"API server from {client}",
                tags={"Name": f"{name}-api-{client}"},
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=cidr,
                opts=self._child,
            )
        return group.id

    def _enters(
        self,
        name: str,
        cluster: aws.eks.Cluster,
        principal: str,
        policy_arn: str,
        before: Sequence[pulumi.Alias] = (),
    ) -> None:
        opts = pulumi.ResourceOptions(parent=self, aliases=list(before), delete_before_replace=True)
        entry = aws.eks.AccessEntry(
            name, cluster_name=cluster.name, principal_arn=principal, type="STANDARD", opts=opts
        )
        aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy_arn,
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=opts,
        )

    def _addon(
        self, name: str, cluster: aws.eks.Cluster, addon: str, depends_on: pulumi.Resource | None = None
    ) -> aws.eks.Addon:
        identity = None
        needs = [depends_on] if depends_on else []
        if addon == CSI_DRIVER:
            role = ServiceRole(
                f"{name}-ebs-csi",
                trust=pod_trust(cluster.name, "kube-system", CSI_ACCOUNT),
                policies=["service-role/AmazonEBSCSIDriverPolicy"],
                opts=self._child,
            )
            identity = [
                aws.eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account=CSI_ACCOUNT)
            ]
        settings = addon_settings(addon, self._named)
        return aws.eks.Addon(
            f"{name}-{addon}",
            cluster_name=cluster.name,
            addon_name=addon,
            addon_version=self._addon_versions.get(addon),
            configuration_values=json.dumps(settings) if settings else None,
            pod_identity_associations=identity,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=needs),
        )


def short(principal: str) -> str:
    """A short name for an IAM role or user: the end of its ARN, and a digest for those that end alike."""
    end = principal.rpartition("/")[2]
    return f"{end}-{hashlib.sha256(principal.encode()).hexdigest()[:6]}"


def kubeconfig(cluster: str, endpoint: str, authority: str, region: str) -> str:
    """A kubeconfig for an EKS cluster; ``authority`` is its certificate, base64."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": cluster,
                    "cluster": {"server": endpoint, "certificate-authority-data": authority},
                }
            ],
            "users": [
                {
                    "name": cluster,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": "aws",
                            "args": ["eks", "get-token", "--cluster-name", cluster, "--region", region],
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
            "current-context": cluster,
        }
    )


__all__ = ["Cluster", "kubeconfig"]
