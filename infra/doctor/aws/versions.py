"""Whether EKS offers the pinned versions."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.pins import EKS_ADDONS, KUBERNETES_VERSION
from infra.settings import Settings
from isthmus.settings.errors import Problem

PINS = "infra/pins.py"


def versions(_: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Kubernetes in standard support, and each add-on's build for it.

    EKS API reference, DescribeClusterVersions and DescribeAddonVersions: from memory.
    """
    eks = clouds.aws("eks")
    known = eks.describe_cluster_versions(clusterVersions=[KUBERNETES_VERSION])["clusterVersions"]
    if not known:
        yield Problem(
            f"{PINS}: KUBERNETES_VERSION",
            f"is {KUBERNETES_VERSION}, which EKS does not offer here: pin one that it does (`aws eks "
            "describe-cluster-versions`)",
        )
        return
    status = known[0].get("versionStatus", known[0].get("status", "")).upper()
    if status and status != "STANDARD_SUPPORT":
        yield Problem(
            f"{PINS}: KUBERNETES_VERSION",
            f"is {KUBERNETES_VERSION}, which EKS calls {status}, at an extra charge: pin a newer one",
        )
    for name, pinned in EKS_ADDONS.items():
        pages = eks.get_paginator("describe_addon_versions").paginate(
            addonName=name, kubernetesVersion=KUBERNETES_VERSION
        )
        there = [
            version["addonVersion"]
            for page in pages
            for addon in page["addons"]
            for version in addon["addonVersions"]
        ]
        if pinned not in there:
            yield Problem(
                f"{PINS}: EKS_ADDONS.{name}",
                f"is {pinned}, which EKS does not have for {KUBERNETES_VERSION}; the newest it has is "
                f"{there[0] if there else 'none'}: pin that",
            )


__all__ = ["versions"]
