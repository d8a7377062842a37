"""Programs that are not ours, previewed by the real engine: judged, priced where known, the rest listed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from rehearsal.home import Home
from tests.infra.review.bills import BOOK
from tests.rehearsal.conftest import ROOT
from tests.rehearsal.strangers import Stranger, echoes

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]

CLUSTER = """
import json
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

zones = ["eu-west-1a", "eu-west-1b"]
vpc = aws.ec2.Vpc("main", cidr_block="10.1.0.0/16", enable_dns_hostnames=True)
gateway = aws.ec2.InternetGateway("main", vpc_id=vpc.id)
subnets = [
    aws.ec2.Subnet(f"public-{i}", vpc_id=vpc.id, cidr_block=f"10.1.{i}.0/24", availability_zone=zone,
                   map_public_ip_on_launch=True)
    for i, zone in enumerate(zones)
]
address = aws.ec2.Eip("nat", domain="vpc")
aws.ec2.NatGateway("nat", allocation_id=address.id, subnet_id=subnets[0].id)

def role(name, service):
    return aws.iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}))

cluster = aws.eks.Cluster("shop", role_arn=role("control", "eks.amazonaws.com").arn, version="1.33",
                          vpc_config={"subnet_ids": [s.id for s in subnets]})
workers = aws.eks.NodeGroup("workers", cluster_name=cluster.name,
                            node_role_arn=role("node", "ec2.amazonaws.com").arn,
                            subnet_ids=[s.id for s in subnets], instance_types=[WORKERS],
                            scaling_config={"min_size": 2, "max_size": 4, "desired_size": 2})
aws.rds.Instance("orders", engine="postgres", instance_class="db.t3.micro", allocated_storage=20,
                 username="shop", password=pulumi.Output.secret("not-a-real-one"), publicly_accessible=True)
kube = k8s.Provider("kube", kubeconfig=cluster.endpoint)
inside = pulumi.ResourceOptions(provider=kube)
k8s.apps.v1.Deployment("web", spec={"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
    "template": {"metadata": {"labels": {"app": "web"}},
                 "spec": {"containers": [{"name": "web", "image": "nginx:latest"}]}}}, opts=inside)
"""

SITE = """
import json
import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("pages", tags={"team": "web"})
aws.s3.BucketWebsiteConfiguration("pages", bucket=bucket.id, index_document={"suffix": "index.html"})
aws.s3.BucketAcl("pages", bucket=bucket.id, acl=ACL)
certificate = aws.acm.Certificate("www", domain_name="www.example.org", validation_method="DNS")
cdn = aws.cloudfront.Distribution("cdn", enabled=True,
    origins=[{"domain_name": bucket.bucket_regional_domain_name, "origin_id": "pages"}],
    default_cache_behavior={"target_origin_id": "pages", "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"]},
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"acm_certificate_arn": certificate.arn, "ssl_support_method": "sni-only"})
zone = aws.route53.Zone("main", name="example.org")
aws.route53.Record("www", zone_id=zone.zone_id, name="www", type="A",
    aliases=[{"name": cdn.domain_name, "zone_id": cdn.hosted_zone_id, "evaluate_target_health": False}])
pulumi.export("url", cdn.domain_name)
"""

SERVER = """
import pulumi
import pulumi_openstack as os

net = os.networking.Network("web")
sub = os.networking.Subnet("web", network_id=net.id, cidr="10.9.0.0/24", ip_version=4)
group = os.networking.SecGroup("web", description="the web")
for port in PORTS:
    os.networking.SecGroupRule(f"in-{port}", direction="ingress", ethertype="IPv4", protocol="tcp",
        port_range_min=port, port_range_max=port, remote_ip_prefix="0.0.0.0/0", security_group_id=group.id)
server = os.compute.Instance("web", flavor_name="m1.large", image_name="debian-12", key_pair="ada",
    security_groups=[group.name], networks=[{"uuid": net.id}])
huge = os.compute.Instance("batch", flavor_name="c9.huge", image_name="debian-12",
    networks=[{"uuid": net.id}])
data = os.blockstorage.Volume("data", size=100)
os.compute.VolumeAttach("data", instance_id=server.id, volume_id=data.id)
os.networking.FloatingIp("web", pool="public")
os.loadbalancer.LoadBalancer("web", vip_subnet_id=sub.id)
os.dns.RecordSet("www", zone_id="zone", name="www.example.org.", type="A", records=["192.0.2.1"])
"""


@pytest.fixture
def anywhere(home: Home) -> Home:
    """A home whose plugins take any type, as a stranger's own do."""
    echoes(home)
    return home


def reviewed(tmp_path: Path, before: str, after: str, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """The exit status, the verdict and the comment of a change between two previews."""
    files = tmp_path / "before.json", tmp_path / "after.json"
    for file, text in zip(files, (before, after), strict=True):
        file.write_text(text)
    comment = tmp_path / "comment.md"
    told = ["--preview", files[1], "--against", files[0], "--json", "--markdown", comment, *arguments]
    done = CliRunner().invoke(app, ["review", *map(str, told)])
    assert done.exit_code in (0, 1), done.output
    return done.exit_code, json.loads(done.stdout), comment.read_text()


def bill(tmp_path: Path, preview: str) -> tuple[dict[str, Decimal], set[str]]:
    """What each resource costs a month, and which have no price."""
    file = tmp_path / "preview.json"
    file.write_text(preview)
    done = CliRunner().invoke(app, ["review", "--preview", str(file), "--json"])
    assert done.exit_code == 0, done.output
    written = json.loads(done.stdout)
    costs: dict[str, Decimal] = {}
    for line in written["lines"]:
        assert line["source"], line
        cents = Decimal(str(line["monthly"]["expected"]))
        costs[line["name"]] = costs.get(line["name"], Decimal(0)) + cents
    assert all(each["reason"] for each in written["unpriced"])
    return costs, {each["name"] for each in written["unpriced"]}


def test_a_cluster(anywhere: Home, tmp_path: Path) -> None:
    program = CLUSTER.replace("WORKERS", '"m7i.large"')
    config = "{ 'aws:region': eu-west-1 }"
    stranger = Stranger.of(anywhere, tmp_path / "shop", "shop", program, config, ROOT)
    before = stranger.preview()
    costs, unpriced = bill(tmp_path, before)
    # 730 hours of a cluster, and of the extended support that 1.33 is in since July 2026.
    assert costs["shop"] == Decimal("73.00") + Decimal("365.00")
    assert costs["workers"] > 0
    assert costs["nat"] > Decimal("35.04")  # the gateway's hours, its data, its address
    assert {"orders"} <= unpriced
    assert "main" not in unpriced

    after = before.replace('"m7i.large"', '"m7i.xlarge"')
    status, verdict, comment = reviewed(tmp_path, before, after)
    assert status == 0, comment  # what was wrong with it stood before
    (change,) = verdict["changes"]
    assert (change["name"], change["kind"], change["forcedBy"]) == (
        "workers",
        "replace",
        ["instanceTypes[0]"],
    )
    assert change["usdPerMonth"]["expected"] > 0
    assert change["at"]["file"] == "infra/__main__.py"
    assert "stood before" in comment
    assert "not-a-real-one" not in comment + json.dumps(verdict)


def test_a_static_site(anywhere: Home, tmp_path: Path) -> None:
    program = SITE.replace("ACL", '"private"')
    config = "{ 'aws:region': eu-west-1 }"
    stranger = Stranger.of(anywhere, tmp_path / "pages", "pages", program, config, ROOT)
    before = stranger.preview()
    costs, unpriced = bill(tmp_path, before)
    assert costs["pages"] > 0  # an assumed 100 GB, and requests
    assert costs["main"] == Decimal("0.50")  # the zone; how often it is asked, nobody knows
    assert {"cdn", "main"} <= unpriced

    stranger.write(program.replace('"private"', '"public-read"'))
    status, verdict, comment = reviewed(tmp_path, before, stranger.preview())
    assert (status, verdict["verdict"]) == (1, "refused by policy")
    assert {each["rule"] for each in verdict["findings"] if each["refuses"]} == {"aws-s3-no-public-acl"}
    assert "aws-s3-no-public-acl" in comment


def test_a_web_server(anywhere: Home, tmp_path: Path) -> None:
    program = SERVER.replace("PORTS", "[443]")
    stranger = Stranger.of(anywhere, tmp_path / "web", "web", program, root=ROOT)
    before = stranger.preview()
    _, unpriced = bill(tmp_path, before)
    assert {"web", "batch", "data", "www"} <= unpriced  # whose prices nobody but its owner knows

    from infra.review.cost.bill import bill as reckoned
    from infra.review.preview import read
    from infra.settings.cost import CostSettings

    preview = read(before, "a stranger's preview")
    found = reckoned(preview, preview.after, CostSettings(price_book=BOOK))
    assert found.total("openstack").expected > Decimal("87.60")  # 730 hours of m1.large at 0.12
    assert {each.resource.name for each in found.unpriced} == {"batch", "www"}

    stranger.write(SERVER.replace("PORTS", "[443, 22]").replace("size=100", "size=200"))
    status, verdict, _ = reviewed(tmp_path, before, stranger.preview())
    assert status == 1
    assert {(each["kind"], each["name"]) for each in verdict["changes"]} == {
        ("add", "in-22"),
        ("change", "data"),
    }
    assert any(each["refuses"] and each["urn"].endswith("in-22") for each in verdict["findings"])
