"""How far one up may go: a minor version of Kubernetes, and the tunnels of one server of the link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.pins import EKS_ADDONS, EKS_COMMUNITY_ADDONS, KUBERNETES_VERSION
from infra.settings.model import Settings
from infra.settings.platform import ADDONS
from isthmus.settings.errors import Problem

KUBERNETES: Final = "kubernetes"
VERSION_KEY: Final = "aws.cluster.kubernetes_version"
KEYS: Final = "link.key_generations"
SERVERS: Final = ((0, 1), (2, 3))
"""Which tunnels end at each server of the private half."""


def kubernetes_version(settings: Settings) -> str:
    """The minor version that the EKS cluster is to have."""
    return settings.aws.cluster.kubernetes_version or KUBERNETES_VERSION


def addon_versions(settings: Settings) -> Mapping[str, str]:
    """The version of each add-on of EKS; none where the cluster is on its way to the pinned version.

    Those of the pins are built for the pinned Kubernetes. Until a cluster is there its add-ons stay as they
    are, which Kubernetes allows: kube-proxy may be three minor versions older than the API server
    (https://kubernetes.io/releases/version-skew-policy/; read 2026-11-28).
    """
    if kubernetes_version(settings) != KUBERNETES_VERSION:
        return {}
    named = [ADDONS[part] for part in settings.platform.runs if part in ADDONS]
    return {**EKS_ADDONS, **{name: EKS_COMMUNITY_ADDONS[name] for name in named}}


def versions(settings: Settings) -> dict[str, str]:
    """What the stack's output says of the versions of these settings."""
    return {KUBERNETES: kubernetes_version(settings), **addon_versions(settings)}


def too_far(settings: Settings, stood: Mapping[str, Any], stands: Mapping[str, str]) -> Iterator[Problem]:
    """A problem for each step that is too long for one up, with the shorter ones.

    Args:
        settings: as they are to be.
        stood: settings of what stands, by key.
        stands: versions of what stands, by name.
    """
    yield from _kubernetes(kubernetes_version(settings), stands.get(KUBERNETES))
    yield from _keys(settings, stood.get(KEYS))


def steps(settings: Settings, stands: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each version that the next up raises."""
    now = versions(settings)
    was = stands.get(KUBERNETES)
    if was is not None and was != now[KUBERNETES]:
        yield (
            f"Kubernetes: {was} becomes {now[KUBERNETES]}. EKS replaces the control plane's servers, "
            "and then every node, new ones before the old ones drain; what runs on a node begins again on "
            "another."
        )
    for name, version in now.items():
        if name != KUBERNETES and stands.get(name, version) != version:
            was = stands[name]
            yield f"add-on {name}: {was} becomes {version}. Its pods are replaced.{_skips(was, version)}"


def _kubernetes(wanted: str, stands: str | None) -> Iterator[Problem]:
    """EKS raises a cluster by one minor version a call, and takes it back by a call of its own alone.

    https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html and rollback-cluster.html (within
    seven days of an upgrade, by one minor version, the nodes first); read 2026-11-28.
    """
    if stands is None or (far := _minor(wanted) - _minor(stands)) in (0, 1):
        return
    pinned = wanted == KUBERNETES_VERSION
    if far < 0:
        yield Problem(
            VERSION_KEY,
            f"is {wanted}, and the cluster that stands has {stands}: no up takes it back. Within seven "
            "days of the upgrade EKS rolls a cluster back by one minor version itself, its nodes first (EKS "
            f'user guide, "Roll back a cluster"); else write {stands} again',
        )
        return
    between = [f"1.{minor}" for minor in range(_minor(stands) + 1, _minor(wanted))]
    last = f"remove {VERSION_KEY}" if pinned else f"write {wanted}"
    yield Problem(
        VERSION_KEY,
        f"is {wanted}{', by infra/pins.py' if pinned else ''}, and the cluster that stands has {stands}: "
        f"EKS goes up by one minor version at a time. Write {', then '.join(between)}, with an up for each, "
        f"and then {last}",
    )


def _keys(settings: Settings, stood: Any) -> Iterator[Problem]:
    """Both servers' tunnels never change at once, or none would carry."""
    now = settings.link.key_generations
    if now is None or not isinstance(stood, list | tuple) or len(stood) != len(now):
        return
    changed = {server for server in SERVERS for tunnel in server if int(stood[tunnel]) != now[tunnel]}
    if len(changed) == len(SERVERS) and settings.link.private_gateway == "instances":
        shown = ", ".join(str(int(generation)) for generation in stood)
        yield Problem(
            KEYS,
            f"is [{', '.join(map(str, now))}], and what stands has [{shown}]: tunnels of both gateway "
            "servers would change in one up, and none would carry. Change the first two or the last two, and "
            "the others in an up after it",
        )


def _skips(was: str, now: str) -> str:
    """What to read where an add-on leaves out minor versions; that EKS refuses it was not found anywhere."""
    before, after = _numbers(was), _numbers(now)
    if len(before) < 2 or len(after) < 2 or (before[0] == after[0] and after[1] - before[1] in (0, 1)):
        return ""
    return " That is more than one minor version: read what the ones between say of upgrades first."


def _numbers(version: str) -> list[int]:
    """``v1.22.3-eksbuild.1`` as [1, 22, 3]."""
    parts = version.removeprefix("v").partition("-")[0].split(".")
    return [int(part) for part in parts if part.isdigit()]


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


__all__ = ["KUBERNETES", "addon_versions", "kubernetes_version", "steps", "too_far", "versions"]
