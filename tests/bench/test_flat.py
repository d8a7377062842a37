"""The floor of the benchmarks is the estate's own resources, as a program of typed classes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pulumi
import pulumi_aws
import pulumi_kubernetes

from tests.bench import flat
from tests.infra.recorded import Recorded, record


def _estate() -> None:
    cloud = pulumi_aws.Provider("cloud", region="eu-west-1", skip_region_validation=True)
    options = pulumi.ResourceOptions(provider=cloud)
    queue = pulumi_aws.sqs.Queue("queue", max_message_size=2048, tags={"a": "b"}, opts=options)
    pulumi_aws.ssm.Parameter("key", type="String", value=pulumi.Output.secret("s"), opts=options)
    cluster = pulumi_kubernetes.Provider("cluster", kubeconfig=queue.arn)
    pulumi_kubernetes.core.v1.ConfigMap(
        "map",
        metadata={"name": "map"},
        data={"k": queue.name},
        opts=pulumi.ResourceOptions(provider=cluster),
    )
    pulumi_kubernetes.apiextensions.CustomResource(
        "watched",
        api_version="monitoring.coreos.com/v1",
        kind="ServiceMonitor",
        metadata={"name": "watched"},
        spec={"endpoints": []},
        opts=pulumi.ResourceOptions(provider=cluster),
    )


def _registered(resources: tuple[Recorded, ...]) -> Counter[str]:
    def inputs(resource: Recorded) -> dict[str, Any]:
        return {key: value for key, value in resource.inputs.items() if key != "kubeconfig"}

    return Counter(
        json.dumps(
            [resource.type, resource.name, inputs(resource), resource.provider.split("::")[-2:-1]],
            sort_keys=True,
        )
        for resource in resources
        if resource.type != "pulumi:pulumi:Stack"
    )


def test_the_flat_program_registers_the_same_with_the_same_inputs_and_providers() -> None:
    ours = record(_estate).resources
    text = flat.program(ours)
    floor = record(lambda: exec(compile(text, "flat", "exec"), {})).resources  # noqa: S102
    assert len(ours) == 6
    assert _registered(floor) == _registered(ours)
