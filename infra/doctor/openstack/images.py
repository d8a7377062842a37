"""Whether the images are there, once each, with the properties that Magnum chooses its driver by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.doctor.clouds import Clouds
from infra.pins import KUBERNETES_VERSION
from infra.settings import Settings
from isthmus.settings.errors import Problem


def images(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Those of the nodes and of the gateway servers."""
    cluster, link = settings.openstack.cluster, settings.link
    for image in _one(clouds, "openstack.cluster.image", cluster.image):
        if isinstance(image, Problem):
            yield image
        else:
            yield from _of_driver(settings, image)
    if link.enabled and link.private_gateway == "instances":
        for image in _one(clouds, "link.servers.image", link.servers.image):
            if isinstance(image, Problem):
                yield image


def _one(clouds: Clouds, key: str, name: str) -> Iterator[Any]:
    found = [each for each in clouds.openstack().image.images(name=name) if each.status == "active"]
    if len(found) == 1:
        yield found[0]
        return
    what = "which the project does not see" if not found else f"and {len(found)} images have that name"
    yield Problem(key, f"is {name}, {what}: upload it once (docs/private-cluster.md), or name another one")


def _of_driver(settings: Settings, image: Any) -> Iterator[Problem]:
    cluster, key = settings.openstack.cluster, "openstack.cluster.image"
    driver = cluster.of_driver
    properties = {**(image.properties or {})}
    distribution = properties.get("os_distro") or getattr(image, "os_distro", None)
    if distribution not in driver.distributions:
        yield Problem(
            key,
            f"is {cluster.image}, whose os_distro is {distribution or 'absent'}, so that Magnum does not "
            f"choose {cluster.driver}, which boots {' or '.join(driver.distributions)}: set the property, or "
            f"name {driver.image}",
        )
    if not driver.reads_version:
        version = str(properties.get("kube_version") or "absent")
        if not version.removeprefix("v").startswith(f"{KUBERNETES_VERSION}."):
            yield Problem(
                key,
                f"is {cluster.image}, whose kube_version is {version}, and the estate is written for "
                f"{KUBERNETES_VERSION}: set the property, or name an image of that version",
            )


__all__ = ["images"]
