"""What a cloud has before the estate: external networks, images, flavours, secrets; put in as declared.

A rehearsal knows no cloud's list of them, so the settings' names are taken as right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from infra.pins import KUBERNETES_PATCH
from infra.settings.catalogue import flavours
from rehearsal.openstack_services.configuration import PHYSICAL
from rehearsal.openstack_services.session import Session

OUTSIDE: Final = "203.0.113.0/24"
"""TEST-NET-3 (RFC 5737): the addresses "outside" reach nobody."""
_CONTENT: Final = b"\0" * 1024


@dataclass(frozen=True)
class Declared:
    """Names; an image with the distribution that Magnum reads from its properties."""

    external_network: str
    images: Iterable[tuple[str, str]] = ()
    flavors: Iterable[str] = ()


def distribution(image: str) -> str:
    """The property ``os_distro`` of an image, by its name as they are usually given."""
    return next((known for known in ("ubuntu", "flatcar") if known in image), "fedora-coreos")


def put(admin: Session, declared: Declared) -> None:
    """Have in the cloud what is declared; what is there already stays."""
    _network(admin, declared.external_network)
    known = {flavor["name"] for flavor in admin.get("compute", "/flavors")["flavors"]}
    for name in {*declared.flavors} - known:
        _flavor(admin, name)
    for name, distro in declared.images:
        _image(admin, name, distro)


def _flavor(admin: Session, name: str) -> None:
    """As large as the owner's catalogue says, with the GPUs that it says."""
    said = flavours().get(name)
    vcpus, memory_gib = (said.vcpus, said.memory_gib) if said else (4, 8)
    size = {"name": name, "vcpus": vcpus, "ram": int(memory_gib * 1024), "disk": 40}
    made = admin.post("compute", "/flavors", {"flavor": size})["flavor"]
    if said and said.gpu:
        specs = {"extra_specs": {"pci_passthrough:alias": f"{said.gpu.lower()}:{said.gpus}"}}
        admin.post("compute", f"/flavors/{made['id']}/os-extra_specs", specs)


def _network(admin: Session, name: str) -> None:
    asked = {"name": name, "router:external": True}
    if admin.get("network", "/v2.0/networks", params=asked)["networks"]:
        return
    taken = admin.get("network", "/v2.0/networks", params={"provider:physical_network": PHYSICAL})["networks"]
    # One flat network to a physical one; further ones need no wire either.
    kind = {"provider:network_type": "local"}
    if not taken:
        kind = {"provider:network_type": "flat", "provider:physical_network": PHYSICAL}
    network = admin.post("network", "/v2.0/networks", {"network": {**asked, **kind}})["network"]
    subnet = {
        "network_id": network["id"],
        "name": name,
        "cidr": OUTSIDE,
        "ip_version": 4,
        "enable_dhcp": False,
    }
    admin.post("network", "/v2.0/subnets", {"subnet": subnet})


def _image(admin: Session, name: str, distro: str) -> None:
    found = admin.get("image", "/v2/images", params={"name": name, "status": "active"})["images"]
    if found:
        return
    body = {
        "name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public",
        "os_distro": distro, "kube_version": KUBERNETES_PATCH,
    }  # fmt: skip
    image = admin.post("image", "/v2/images", body)
    admin.request(
        "image", "PUT", f"/v2/images/{image['id']}/file", data=_CONTENT,
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
