"""The estate of a stack file as the program asks for it: every resource with its inputs, no cloud behind.

The mocks answer with what a cloud would make up (ids, addresses, keys); everything else that a test sees is
what the program itself sent.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from tests import mocked_program

if TYPE_CHECKING:
    from infra.settings import Settings

ROOT = Path(__file__).parents[2]
STACKS = ("local", "dev", "staging", "prod")
DIGEST = "sha256:" + "ab" * 32


# How the engine's protocol marks a secret (pulumi.runtime.rpc).
SECRET = "4dabf18193072939515e22adb298388d"
_SIGNATURE = {SECRET: "1b47061264138c4ac30d75fd1eb44270"}


def secret(value: Any) -> dict[str, Any]:
    """A value that the engine is told to keep secret, as an input shows it."""
    return {**_SIGNATURE, "value": value}


def kept(name: str) -> str:
    """What both stores hold under a name of a pre-shared key; no key of AWS's making looks like it."""
    return f"kept.{name}".replace("-", ".")


@dataclass(frozen=True)
class Recorded:
    """One resource: type token, name, inputs as the engine gets them (secrets as ``secret`` shows them)."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str
    custom: bool


def _made_up(args: MockResourceArgs) -> dict[str, Any]:
    """What a cloud adds to the inputs of a resource."""
    name = args.inputs.get("name") or args.name
    outputs: dict[str, Any] = {"name": name, "arn": f"arn:aws:mock::{args.typ.split(':')[-1]}/{args.name}"}
    match args.typ:
        case "aws:sqs/queue:Queue":
            outputs["url"] = f"https://sqs.mock/{name}"
        case "aws:s3/bucket:Bucket":
            outputs["arn"] = f"arn:aws:s3:::{args.inputs['bucket']}"
        case "aws:eks/cluster:Cluster":
            outputs |= {"endpoint": "https://mock", "certificateAuthority": {"data": "Y2E="}}
        case "aws:eks/nodeGroup:NodeGroup":
            outputs["resources"] = [{"autoscalingGroups": [{"name": f"asg-{args.name}"}]}]
        case "aws:ec2/launchTemplate:LaunchTemplate":
            outputs["latestVersion"] = 1
        case "aws:ec2/vpcEndpoint:VpcEndpoint" if args.inputs.get("vpcEndpointType") == "Interface":
            service, region = (str(args.inputs["serviceName"]).split(".", 3)[index] for index in (3, 2))
            wild = "*." if service == "s3" else ""
            outputs["dnsEntries"] = [{"dnsName": f"{wild}vpce-1.{service}.{region}.vpce.amazonaws.com"}]
        case "aws:ec2/vpnConnection:VpnConnection":
            first = 3 if args.name.endswith("-2") else 1
            for number in (1, 2):
                outputs[f"tunnel{number}Address"] = f"192.0.2.{first + number - 1}"
                outputs[f"tunnel{number}PresharedKey"] = f"key-{first + number - 1}"
            outputs["transitGatewayAttachmentId"] = "tgw-attach-vpn"
        case "aws:ec2transitgateway/transitGateway:TransitGateway":
            outputs["associationDefaultRouteTableId"] = "tgw-rtb"
        case "aws:ecr/repository:Repository":
            outputs["repositoryUrl"] = f"registry.example/{name}"
        case "aws:kms/key:Key":
            outputs["keyId"] = f"key/{args.name}"
        case "openstack:networking/port:Port":
            last = {"virtual": 10, "1": 11, "2": 12}[args.name.rpartition("-")[2]]
            outputs["allFixedIps"] = [f"10.99.0.{last}"]
        case "openstack:networking/floatingIp:FloatingIp":
            outputs["address"] = f"203.0.113.{args.name[-1]}"
        case "openstack:vpnaas/service:Service":
            outputs["externalV4Ip"] = "203.0.113.7"
        case "openstack:containerinfra/cluster:Cluster":
            outputs["kubeconfig"] = {"raw_config": "{}"}
    return outputs


class Recorder(Mocks):
    """Keeps what it is asked for."""

    def __init__(self) -> None:
        self.resources: list[Recorded] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources.append(
            Recorded(args.typ, args.name, dict(args.inputs), args.provider or "", bool(args.custom))
        )
        return f"{args.name}-id", {**_made_up(args), **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        match args.token:
            case "aws:s3/getObjects:getObjects":
                prefix = args.args["prefix"]
                return {
                    "bucket": args.args["bucket"],
                    "keys": [f"{prefix}{name}" for name in ("manifest.json", "signature.json")],
                }, []
            case "aws:s3/getObject:getObject" if str(args.args["key"]).endswith("/manifest.json"):
                return {"body": "{}"}, []
            case "aws:s3/getObject:getObject":
                return {"body": json.dumps({"digest": DIGEST})}, []
            case "openstack:networking/getNetwork:getNetwork":
                return {"id": "external-network"}, []
            case "aws:secretsmanager/getSecretVersion:getSecretVersion":
                return {"secretString": kept(args.args["secretId"])}, []
            case "openstack:keymanager/getSecret:getSecret" if "-key-" in str(args.args["name"]):
                return {"payload": kept(args.args["name"])}, []
            case "openstack:keymanager/getSecret:getSecret":
                fields = ("pseudonym", "signing", "orders_access_key_id", "orders_secret_access_key")
                return {"payload": json.dumps({field: f"secret {field}" for field in fields})}, []
        raise AssertionError(f"the program calls {args.token}, which the mocks do not know")


@dataclass(frozen=True)
class Estate:
    """Everything that the program asked for, and what it returned."""

    resources: tuple[Recorded, ...]
    outputs: dict[str, Any]

    def of(self, type: str) -> list[Recorded]:
        """All resources of a type."""
        return [each for each in self.resources if each.type == type]

    def one(self, type: str, name: str) -> Recorded:
        """The resource of a type and a name."""
        found = [each for each in self.of(type) if each.name == name]
        assert len(found) == 1, f"{len(found)} resources {type} {name}"
        return found[0]


def record(
    program: Callable[[], Any],
    stack: str = "test",
    monitor: type[MockMonitor] = MockMonitor,
    recorder: Recorder | None = None,
) -> Estate:
    """Run a program (or a component's constructor) against mocks."""
    recorder = recorder or Recorder()
    returned: dict[str, Any] = {}

    async def resolve(value: Any) -> None:
        returned["outputs"] = await pulumi.Output.from_input(value).future()

    mocked_program.run(recorder, lambda: resolve(program()), stack=stack, monitor=monitor)
    return Estate(tuple(recorder.resources), returned["outputs"] or {})


def changed_settings(stack: str, changes: Mapping[str, Any]) -> Settings:
    """The settings of a stack of the repository with other values at some keys, such as ``link.enabled``."""
    from infra.settings.checking import check
    from infra.settings.stack_file import read_stack_file

    config = copy.deepcopy(dict(read_stack_file(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).config))
    for path, value in changes.items():
        section, *keys, last = path.split(".")
        place = config.setdefault(f"isthmus:{section}", {})
        for key in keys:
            place = place.setdefault(key, {})
        place[last] = value
    return check(f"Pulumi.{stack}.yaml", stack, config)


@cache
def estate_of(stack: str) -> Estate:
    """The estate of one of the project's own stack files."""
    from infra.__main__ import estate
    from infra.settings import read

    settings = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack)
    return record(lambda: estate(settings), stack)
