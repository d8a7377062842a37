"""Whether clouds would take what a program asks for, asked without an engine.

They are botocore's model, an API server and the rules of the OpenStack services.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.home import Home
from rehearsal.plugins.aws.backend import AwsBackend
from rehearsal.plugins.backend import Backend, Refused, Resource
from rehearsal.plugins.kubernetes import releases
from rehearsal.plugins.kubernetes.with_charts import WithCharts
from rehearsal.plugins.openstack.backend import OpenStackBackend
from tests.infra.recorded import SECRET, Recorded, Recorder

HEX_DIGITS = 7
"""Of a name that the engine makes, after the resource's own."""


TWICE = "two resources of one URN"


def plain(value: Any) -> Any:
    """A value with its secrets open; the protocol has no whole numbers, so they are made again."""
    if isinstance(value, dict):
        if SECRET in value:
            return plain(value["value"])
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [plain(inner) for inner in value] if isinstance(value, list) else value


class Judges:
    """The three clouds. What was judged good is not judged again: estates are alike in most parts."""

    def __init__(self, home: Home, api: Api) -> None:
        self._api = api
        self._clouds: dict[str, Backend] = {
            "aws": AwsBackend(home.aws),
            "kubernetes": WithCharts(home),
            "openstack": OpenStackBackend(home),
        }
        self._judged: set[str] = set()

    def faults(self, resources: tuple[Recorded, ...]) -> Iterator[str]:
        """A sentence for each resource that its cloud would refuse."""
        for each in resources:
            package = each.type.partition(":")[0]
            if each.type == TWICE:
                yield f"two resources are {each.name}"
            if not each.custom or package not in self._clouds or each.type.startswith("pulumi:"):
                continue
            inputs = plain(each.inputs)
            fingerprint = json.dumps([each.type, inputs], sort_keys=True)
            if fingerprint in self._judged:
                continue
            cloud = self._clouds[package]
            for key, longest in cloud.autonames(each.type).items():
                inputs.setdefault(key, f"{each.name}-{'0' * HEX_DIGITS}")
                if len(inputs[key]) > longest:
                    yield f"{each.type} {each.name}: {key} {inputs[key]} has more than {longest} characters"
            urn = f"urn:pulumi:test::isthmus::{each.type}::{each.name}"
            try:
                checked = cloud.check(Resource(urn, each.type, each.name, inputs=inputs))
                # A release is no object of the API server's.
                if package == "kubernetes" and each.type != releases.TYPE:
                    # What it is in must be there, and nothing else.
                    self._api.apply(checked, dry_run=checked["kind"] != "Namespace", force=True)
            except (Refused, ApiRefused) as refused:
                yield f"{each.type} {each.name}: {refused}"
            else:
                self._judged.add(fingerprint)


class Engine(MockMonitor):
    """Notes two resources of one URN, which the engine refuses."""

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self.resources and isinstance(self.mocks, Recorder):
            self.mocks.resources.append(Recorded(TWICE, urn, {}, "", custom=False))
        return super().RegisterResource(request)
