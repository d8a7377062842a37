"""The policy pack on the real engine: it stops an up of each bad estate, and lets the four stacks pass."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.policy.rules import RULES
from infra.settings import read as read_settings
from isthmus.cli.previewed_stack import config_file
from rehearsal import sandbox
from rehearsal.engine.command import Engine
from rehearsal.estate import Estate
from rehearsal.home import Home
from tests.rehearsal.conftest import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PACK = ("--policy-pack", str(ROOT / "infra" / "policy"))

BAD = """
import json
import pulumi, pulumi_aws as aws, pulumi_kubernetes as k8s, pulumi_openstack as openstack
from pulumi import ResourceOptions

cloud = aws.Provider("cloud", region="eu-west-1", access_key="x", secret_key="x",
    skip_credentials_validation=True, skip_requesting_account_id=True, skip_metadata_api_check=True,
    default_tags=aws.ProviderDefaultTagsArgs(tags={"project": "p", "environment": "e", "owner": "o"}))
private = openstack.Provider("private", auth_url="http://127.0.0.1:9/v3", region="r")
cluster = k8s.Provider("cluster", kubeconfig="{}", cluster="eks")
in_aws, in_private = ResourceOptions(provider=cloud), ResourceOptions(provider=private)
in_cluster = ResourceOptions(provider=cluster)

def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

def allow(action, resource="*", **rest):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}

aws.s3.Bucket("emptied", bucket="emptied", force_destroy=True, opts=in_aws)
open_bucket = aws.s3.Bucket("open", bucket="open", opts=in_aws)
aws.s3.BucketPublicAccessBlock("open", bucket=open_bucket.bucket, block_public_acls=True, opts=in_aws)
aws.s3.BucketPolicy("public", bucket="open", opts=in_aws,
    policy=document(allow("s3:GetObject", "arn:aws:s3:::open/*", Principal="*")))
aws.s3.Bucket("raw-orders", bucket="raw-orders", opts=in_aws)
aws.kms.Key("never-rotated", opts=in_aws)
aws.ecr.Repository("moving-tags", name="moving-tags", opts=in_aws)
aws.cloudwatch.LogGroup("for-ever", name="for-ever", opts=in_aws)
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=in_aws)
aws.ec2.Subnet("public-subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", map_public_ip_on_launch=True,
    opts=in_aws)
group = aws.ec2.SecurityGroup("group", description="of a test", vpc_id=vpc.id, opts=in_aws)
aws.vpc.SecurityGroupIngressRule("ssh-for-all", security_group_id=group.id, description="ssh",
    ip_protocol="tcp", from_port=22, to_port=22, cidr_ipv4="0.0.0.0/0", opts=in_aws)
aws.ec2.LaunchTemplate("imdsv1", opts=in_aws)
aws.ec2.LaunchTemplate("plain-disk", opts=in_aws, block_device_mappings=[
    aws.ec2.LaunchTemplateBlockDeviceMappingArgs(device_name="/dev/xvda",
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(volume_size=20))])
aws.ec2transitgateway.TransitGateway("takes-all", auto_accept_shared_attachments="enable", opts=in_aws)
role = aws.iam.Role("anyones", opts=in_aws, assume_role_policy=document(
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}))
aws.iam.RolePolicy("administrator", role=role.name, policy=document(allow("*")), opts=in_aws)
eks = aws.eks.Cluster("open-api", name="eks", version="1.32", opts=in_aws,
    role_arn="arn:aws:iam::111111111111:role/eks",
    vpc_config=aws.eks.ClusterVpcConfigArgs(subnet_ids=["subnet-1", "subnet-2"]))
aws.eks.NodeGroup("endless-gpus", cluster_name=eks.name, node_role_arn="arn:aws:iam::111111111111:role/n",
    subnet_ids=["subnet-1"], instance_types=["g6.xlarge"], opts=in_aws,
    scaling_config=aws.eks.NodeGroupScalingConfigArgs(min_size=0, max_size=90, desired_size=0))

openstack.objectstorage.Container("public-container", name="c", container_read=".r:*", opts=in_private)
network = openstack.networking.Network("no-port-security", name="n", port_security_enabled=False,
    opts=in_private)
openstack.networking.Subnet("overlapping", network_id=network.id, cidr="10.0.16.0/20", opts=in_private)
secgroup = openstack.networking.SecGroup("secgroup", name="s", opts=in_private)
openstack.networking.SecGroupRule("open-to-all", security_group_id=secgroup.id, direction="ingress",
    ethertype="IPv4", protocol="tcp", port_range_min=8000, port_range_max=8000, remote_ip_prefix="0.0.0.0/0",
    opts=in_private)
openstack.vpnaas.IkePolicy("weak", name="w", ike_version="v2", encryption_algorithm="3des", opts=in_private)

k8s.core.v1.Namespace("lax", metadata={"name": "lax"}, opts=in_cluster)
k8s.core.v1.Service("on-the-internet", metadata={"name": "s", "namespace": "lax"}, opts=in_cluster,
    spec={"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "a"}})
k8s.apps.v1.Deployment("careless", metadata={"name": "a", "namespace": "lax"}, opts=in_cluster, spec={
    "selector": {"matchLabels": {"app": "a"}},
    "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"hostNetwork": True, "containers": [{
        "name": "main", "image": "registry.example/app", "securityContext": {"privileged": True},
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]}}})
"""

REFUSED = {
    "aws-keeps-objects": "emptied",
    "aws-s3-public-access-blocked": "open",
    "aws-s3-no-public-policy": "public",
    "aws-s3-versioned": "open",
    "estate-raw-data-stays-private": "raw-orders",
    "aws-kms-rotation": "never-rotated",
    "aws-ecr-immutable": "moving-tags",
    "aws-logs-expire": "for-ever",
    "aws-flow-logs": "vpc",
    "aws-subnet-no-public-address": "public-subnet",
    "aws-no-open-admin-ports": "ssh-for-all",
    "aws-imdsv2": "imdsv1",
    "aws-disks-encrypted": "plain-disk",
    "aws-transit-gateway-asks": "takes-all",
    "aws-iam-trust-bounded": "anyones",
    "aws-iam-no-administrator": "administrator",
    "aws-eks-endpoint-not-open": "open-api",
    "aws-eks-secrets-encrypted": "open-api",
    "aws-eks-supported-version": "open-api",
    "finops-gpu-pool-bounded": "endless-gpus",
    "finops-types-offered": "endless-gpus",
    "finops-budget": "open-api",
    "openstack-container-private": "public-container",
    "openstack-port-security": "no-port-security",
    "openstack-no-open-ingress": "open-to-all",
    "openstack-vpn-ike-strong": "weak",
    "estate-no-overlap": "overlapping",
    "k8s-namespace-restricted": "lax",
    "k8s-namespace-denies": "lax",
    "k8s-service-inside": "on-the-internet",
    "k8s-no-privileged": "careless",
    "k8s-no-host-namespaces": "careless",
    "k8s-image-pinned": "careless",
    "k8s-no-secret-in-env": "careless",
}
"""Bad estates, all in one program: the rule that refuses each, and the resource that it names."""


def test_it_stops_the_up_of_each_bad_estate_by_name(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(BAD))
    engine.stack_select_or_init("one")
    done = subprocess.run(
        [
            home.bin / "pulumi",
            "up",
            "--yes",
            "--stack",
            "one",
            "--non-interactive",
            "--color",
            "never",
            *PACK,
        ],
        cwd=engine.project_dir,
        env=home.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = done.stdout + done.stderr
    assert done.returncode != 0, told
    refused = {*re.findall(r"\[mandatory\] \[severity: \w+\]  (\S+)  \(\S+ (\S+)\)", told)}
    assert len(REFUSED) >= 20
    assert refused >= {*REFUSED.items()}, told
    # It ended before anything was made.
    assert not [each for each in engine.export("one")["deployment"].get("resources", []) if each["custom"]]


def test_the_four_stacks_pass_it(estate: Estate) -> None:
    """Four previews with the pack: with no exception that has no reason."""
    for stack in ("local", "dev", "staging", "prod"):
        done = estate.engine.preview(
            stack, config_file=config_file(estate, stack), arguments=PACK, check=False
        )
        assert done.status == 0, done.stdout
        assert "isthmus@v" in done.stdout
        settings = read_settings(estate.project_dir / "stacks" / f"Pulumi.{stack}.yaml", stack)
        assert all(len(each.reason) >= 20 for each in settings.policy.exceptions)
        assert {each.rule for each in settings.policy.exceptions} <= {rule.name for rule in RULES}


def test_an_exception_that_has_run_out_stops_it_and_says_so(estate: Estate) -> None:
    late = {
        "rule": "finops-budget",
        "resource": "aws-cluster",
        "owner": "platform@example.org",
        "reason": "this one was right until last year",
        "expires": "2025-12-31",
    }
    sandbox.change(estate.project_dir, {"policy": {"exceptions": [late]}})
    done = estate.engine.preview("local", config_file=estate.stack_file(), arguments=PACK, check=False)
    assert done.status != 0
    assert "an exception from finops-budget for aws-cluster that ran out on 2025-12-31" in done.stdout
    assert "runs without a budget that anyone hears of" in done.stdout
