"""Every object and every pod of every stack, judged by a real API server: rules, admission, quotas."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from isthmus.pod_parts import amount, mebibytes
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.plugins.kubernetes import releases
from rehearsal.plugins.kubernetes.definitions import charts
from tests.rehearsal.control_plane.estates import VARIANTS, SiteObjects, objects, pods

pytestmark = pytest.mark.timeout(600)

WORKLOADS = ("Deployment", "Rollout", "Job", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Standing:
    """An estate with all but its workloads in the cluster, in namespaces of each site."""

    api: Api
    sites: tuple[SiteObjects, ...]


@pytest.fixture(scope="module")
def with_charts(api: Api) -> Api:
    """The server with the kinds that charts bring: each comes before the objects of its kinds."""
    for chart in charts():
        releases.define(api, chart)
    return api


@pytest.fixture(params=list(VARIANTS), scope="module")
def standing(request: pytest.FixtureRequest, with_charts: Api) -> Iterator[Standing]:
    api = with_charts
    number = list(VARIANTS).index(request.param)
    sites = tuple(each.inside(f"v{number}-{each.site}") for each in objects(request.param))
    for site in sites:
        # Namespaces first, as the program waits for them; the rest comes as it does.
        for each in [*site.of("Namespace"), *site.objects]:
            if each["kind"] not in WORKLOADS:
                api.apply(each)
    for site in sites:
        for quota in site.of("ResourceQuota"):
            _until_counted(api, quota["metadata"]["namespace"])
    yield Standing(api, sites)
    for site in sites:
        for each in site.of("Namespace"):
            api.delete("v1", "Namespace", each["metadata"]["name"])


def _until_counted(api: Api, namespace: str) -> None:
    """Until the controllers have made what admission asks for: the quota's count and the default account."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        quota = api.get("v1", "ResourceQuota", "quota", namespace) or {}
        if quota.get("status", {}).get("hard") == quota.get("spec", {}).get("hard"):
            return
        time.sleep(0.05)
    raise AssertionError(f"the quota of {namespace} is not counted after {_PATIENCE_SECONDS:.0f} s")


def _otherwise(declared: object, kept: object, path: str) -> Iterator[str]:
    """Each value that the server keeps otherwise than it was declared: a refresh would show it as drift."""
    if isinstance(declared, dict) and isinstance(kept, dict):
        for key in declared.keys() - {"stringData"}:
            yield from _otherwise(declared[key], kept.get(key), f"{path}.{key}")
    elif isinstance(declared, list) and isinstance(kept, list) and len(declared) == len(kept):
        for number, pair in enumerate(zip(declared, kept, strict=True)):
            yield from _otherwise(*pair, f"{path}[{number}]")
    elif declared != kept:
        yield f"{path}: {declared!r} is {kept!r}"


def test_the_server_takes_every_object_as_it_is_declared_and_without_a_warning(standing: Standing) -> None:
    api = standing.api
    api.warnings.clear()
    refused: list[str] = []
    changed: list[str] = []
    count = 0
    for site in standing.sites:
        for each in site.objects:
            count += 1
            name = f"{site.site} {each['kind']} {each['metadata']['name']}"
            try:
                changed += _otherwise(each, api.apply(each, dry_run=True), name)
            except ApiRefused as error:
                refused.append(f"{name}: {error}")
    assert refused == []
    assert changed == []
    assert api.warnings == []
    assert count >= 40


def test_every_pod_is_admitted_at_the_largest_number_and_the_surge(standing: Standing) -> None:
    """All at once: beside the workloads of its namespace, within quota and limits, under `restricted`."""
    refused = []
    for site in standing.sites:
        for one in pods(site):
            name = one.workload.split()[-1]
            for number in range(one.count):
                one.pod["metadata"]["name"] = f"{name}-{number}-{one.workload.split()[0].lower()}"
                try:
                    standing.api.create(one.pod)
                except ApiRefused as error:
                    refused.append(f"{site.site} {one.workload}, pod {number + 1} of {one.count}: {error}")
    assert refused == []


def test_quantities_are_written_as_the_server_keeps_them(api: Api) -> None:
    """Of all sizes, as no stack has them all."""
    counts = [0, 1, 7, 999, 1000, 1024, 1500, 2000, 3072, 10**6, 1024**2, 1024**2 + 1024, 5 * 10**6]
    for count in counts:
        hard = {"requests.cpu": amount(count), "requests.memory": mebibytes(count)}
        metadata = {"name": "quota", "namespace": "default"}
        declared = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}
        assert [*_otherwise(declared, api.apply(declared, dry_run=True), "")] == []
