"""Serving: Triton on every site that the settings name, all from one release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.aws.object_store import PrivateBucket
from infra.cluster_context import ClusterContext
from infra.cluster_platform.parts import KEDA, PROMETHEUS, PROMETHEUS_URL, ROLLOUTS
from infra.naming import Naming
from infra.pins import ENVOY_IMAGE, TRITON_IMAGE
from infra.settings import Settings
from infra.target_hardware import refuse_other_hardware
from infra.workloads import Site
from isthmus.errors import IsthmusError
from serving.components.canary import Canary
from serving.components.pod import NAME
from serving.components.scaling import ByQueue, Schedule
from serving.components.triton import TritonService
from training.target_hardware import MANIFEST

SIGNATURE = "signature.json"
"""Beside the manifest (``training.release``, which the estate does not load)."""


class ReleaseError(IsthmusError, pulumi.RunError):
    """No release can be served."""


def digest_of(latest: str) -> str:
    """The digest in ``latest.json``.

    Raises:
        ReleaseError: it is not what a validation writes.
    """
    try:
        digest = json.loads(latest)["digest"]
    except (ValueError, KeyError, TypeError):
        raise ReleaseError(
            "serving.release: latest.json of the releases bucket names no digest; "
            "run a validation, or write a digest of `isthmus release list` into the stack file."
        ) from None
    return str(digest)


def latest_release(
    bucket: pulumi.Input[str], ready: pulumi.Input[object], provider: aws.Provider
) -> pulumi.Output[str]:
    """The digest of the newest signed release, read after ``ready``; unknown in a preview before that."""
    latest = aws.s3.get_object_output(
        bucket=bucket,
        key=pulumi.Output.from_input(ready).apply(lambda _: "latest.json"),
        opts=pulumi.InvokeOutputOptions(provider=provider),
    )
    return latest.body.apply(digest_of)


def served_release(
    clusters: Mapping[Site, ClusterContext],
    *,
    settings: Settings,
    bucket: PrivateBucket,
    signed: pulumi.Input[object],
    provider: aws.Provider,
) -> pulumi.Output[str]:
    """The digest that the servers get: the pinned one, or the newest that is signed.

    One that the bucket does not hold is told, and one whose models were not made for the GPUs that are to
    serve them is refused: both by one listing of its folder.
    """
    serving = settings.serving
    pinned = serving.release != "latest"
    digest = pulumi.Output.from_input(
        serving.release if pinned else latest_release(bucket.bucket, signed, provider)
    )
    if not pinned and serving.pool is None:
        return digest
    held = aws.s3.get_objects_output(
        bucket=bucket.standing,
        prefix=digest.apply(lambda name: f"{_folder(name)}/"),
        opts=pulumi.InvokeOutputOptions(provider=provider),
    )
    if pinned:
        held.apply(lambda found: _tell(serving.release, found.bucket, found.keys))
    return _for_the_pool(digest, held.keys, clusters, settings, bucket.standing, provider)


def _folder(release: str) -> str:
    return f"releases/{release.removeprefix('sha256:')}"


def _for_the_pool(
    digest: pulumi.Output[str],
    held: pulumi.Output[Sequence[str]],
    clusters: Mapping[Site, ClusterContext],
    settings: Settings,
    bucket: pulumi.Input[str],
    provider: aws.Provider,
) -> pulumi.Output[str]:
    """The same release, refused where the GPUs that are to serve it are none that it was made for."""
    pool = settings.serving.pool
    if pool is None:
        return digest
    key = digest.apply(lambda name: f"{_folder(name)}/{MANIFEST}")

    def body(known: list[Any]) -> pulumi.Output[str]:
        # One that is not there yet is asked for by its pods, which wait; here it would end an up half way.
        if known[0] not in known[1]:
            return pulumi.Output.from_input("")
        asked = pulumi.InvokeOutputOptions(provider=provider)
        return aws.s3.get_object_output(bucket=bucket, key=key, opts=asked).body

    manifest: pulumi.Output[str] = pulumi.Output.all(key, held).apply(body)
    machines = [
        clusters[site].machines[clusters[site].pools[pool].hardware] for site in settings.serving.sites
    ]

    def fits(known: Sequence[str]) -> str:
        name, text = known
        for machine in machines:
            refuse_other_hardware(text, name, pool, machine)
        return name

    checked = pulumi.Output.all(digest, manifest).apply(fits)
    # A preview names the release also where no bucket can be asked; one that does not fit fails it too.
    return digest if pulumi.runtime.is_dry_run() else checked


def _tell(release: str, bucket: str, keys: Sequence[str]) -> None:
    """Warn of a pinned release that the bucket does not hold, signed, before the servers wait for it."""
    if not {f"{_folder(release)}/{name}" for name in (MANIFEST, SIGNATURE)} <= {*keys}:
        pulumi.log.warn(
            f"serving.release: the bucket {bucket} does not hold {release}, signed, and the servers wait for "
            "it. Bring it back by `isthmus restore` from a backup; where there was never a release, set "
            "serving.enabled to false, let `kubectl create job --from=cronjob/retrain first` begin one, and "
            "write its digest (`isthmus release list`)."
        )


def triton_services(
    clusters: Mapping[Site, ClusterContext],
    *,
    settings: Settings,
    naming: Naming,
    release: pulumi.Input[str],
    releases_bucket: pulumi.Input[str],
    image: pulumi.Input[str],
) -> dict[str, TritonService]:
    """One Triton service on each site of ``settings.serving``; neither waits for the other."""
    serving = settings.serving
    services: dict[str, TritonService] = {}
    for site in serving.sites:
        cluster = clusters[site]
        services[site] = TritonService(
            f"{site}-triton",
            namespace=cluster.namespaces.serving,
            release=release,
            releases_bucket=releases_bucket,
            trusted_keys=list(serving.trusted_keys),
            triton_image=TRITON_IMAGE.reference,
            serving_image=image,
            envoy_image=ENVOY_IMAGE.reference,
            region=settings.aws.region,
            replicas_min=serving.replicas.min,
            replicas_max=serving.replicas.max,
            scaling=_scaling(cluster, settings),
            gpus=cluster.gpus(serving.pool),
            node_selector=cluster.pools[serving.pool].node_selector if serving.pool else None,
            endpoint_url=settings.aws.endpoint_url,
            endpoints=cluster.endpoints,
            role_arn=cluster.roles.get(NAME),
            monitored_by=cluster.charts.get(PROMETHEUS),
            canary=_canary(cluster, settings),
            labels=naming.labels,
            opts=cluster.options,
        )
    return services


def _scaling(cluster: ClusterContext, settings: Settings) -> ByQueue | None:
    """By what KEDA scales a site's servers; None where CPU does."""
    told = settings.serving.autoscaling
    if told.chosen(settings.platform.runs) == "cpu":
        return None
    return ByQueue(
        prometheus=PROMETHEUS_URL,
        queue_ms=told.queue_ms,
        without_metrics=told.without_metrics or settings.serving.replicas.min,
        requests_per_second=told.requests_per_second,
        schedules=[Schedule(each.start, each.end, each.replicas) for each in told.schedules],
        after=[cluster.charts[chart] for chart in (KEDA, PROMETHEUS)],
    )


def _canary(cluster: ClusterContext, settings: Settings) -> Canary | None:
    rollout = settings.serving.rollout
    if rollout.strategy == "rolling":
        return None
    return Canary(
        steps=[(step.weight, step.pause_seconds) for step in rollout.steps],
        most_failed=rollout.limits.failed,
        most_p99_ms=rollout.limits.p99_ms,
        least_overlap=rollout.limits.overlap,
        customers=rollout.customers,
        prometheus_url=PROMETHEUS_URL,
        after=[cluster.charts[chart] for chart in (ROLLOUTS, PROMETHEUS)],
    )


__all__ = ["ReleaseError", "digest_of", "latest_release", "served_release", "triton_services"]
