"""The private site: one project in one OpenStack region."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from infra.settings.addresses import Cidr, HostAddress, PrivateCidr, parse_network
from infra.settings.drivers import DRIVERS, DriverName, MagnumDriver
from infra.settings.quantities import GiB, SomeNodes
from infra.settings.urls import HttpUrl, IssuerUrl
from isthmus.settings.annotations import Allowed, Unit
from isthmus.settings.quantities import Name
from isthmus.settings.section import Section

Flavour = Annotated[str, Allowed("a flavour of infra/settings/catalogue/openstack.yaml")]
Label = Annotated[str, Field(min_length=1, max_length=255)]
StoreRegion = Annotated[
    str,
    # What botocore takes (botocore 1.44, utils.py, validate_region_name), and beginning with a letter.
    Field(pattern=r"^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"),
    Allowed("a letter, then up to 62 letters, digits and inner hyphens"),
]
SCALED_WORKERS = "scaled-workers"
"""Name of the node group that grows and shrinks; beside it the cluster has one worker of its own."""


class OpenStackNetwork(Section):
    """The private site's network, one subnet and a router to the outside."""

    cidr: PrivateCidr
    """The subnet's network, /16 to /24."""
    dns: Annotated[tuple[HostAddress, ...], Field(max_length=5)] = ()
    """Name servers of the nodes, five at most (Neutron's max_dns_nameservers); none: the cloud's own."""
    data_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1, max_length=40)] = (
        parse_network("10.0.0.0/8"),
        parse_network("172.16.0.0/12"),
        parse_network("192.168.0.0/16"),
    )
    """Networks where the private object store and the databases are: with ``link.data: link`` pods reach
    these on their ports, and nothing else but AWS through the link."""


class OpenStackNodes(Section):
    """How many worker nodes the Magnum cluster has."""

    min: Annotated[int, Unit("nodes"), Field(ge=1, le=100)] = 2
    """Fewest worker nodes. One is the cluster's own; the others are a node group that scales."""
    max: Annotated[int, Unit("nodes"), Field(ge=1, le=100)] = 3
    """Most worker nodes."""


class OpenStackCluster(Section):
    """The Magnum cluster."""

    driver: DriverName = "capi_helm"
    """Magnum's driver in your cloud: magnum-capi-helm, magnum-cluster-api, or Heat where it still is."""
    image: Label
    """Name of the Glance image that the nodes boot, e.g. ``ubuntu-noble-kube-v1.36.3``: its ``os_distro``
    chooses the driver, and for capi_helm its ``kube_version`` the version of Kubernetes."""
    master_flavor: Flavour
    """Flavour of the control plane's nodes."""
    node_flavor: Flavour
    """Flavour of the worker nodes."""
    masters: Literal[1, 3, 5] = 3
    """Control plane nodes; an odd number, so that etcd keeps its majority when one is lost."""
    nodes: OpenStackNodes = OpenStackNodes()
    """Worker nodes."""
    volume_gib: GiB = 50
    """Size of each node's volume for images and containers."""
    pod_cidr: PrivateCidr | None = None
    """Network of the pods (overlay), outside every other network; capi_helm has one of its own."""
    service_cidr: PrivateCidr | None = None
    """Network of the cluster's service addresses, outside every other; capi_helm has one of its own."""
    network_driver: Literal["calico", "cilium"] = "calico"
    """Pod network; both enforce network policies."""
    floating_api: bool = False
    """Give the API server a floating address; otherwise it is reachable inside the private network only."""
    api_allowed_cidrs: Annotated[tuple[Cidr, ...], Field(max_length=40)] = ()
    """Networks that reach the floating address, the management cluster's of capi_helm among them."""
    oidc_issuer: IssuerUrl | None = None
    """Issuer of the cluster's service account tokens; AWS trusts it, so that pods need no AWS keys. Only
    heat can set it: with the other drivers it says what the cloud's operator has set."""

    @property
    def of_driver(self) -> MagnumDriver:
        """What the driver reads, sets and withholds."""
        return DRIVERS[self.driver]

    @property
    def pods(self) -> IPv4Network | None:
        """The pods' network, whoever chose it; None: nobody, which the checks refuse."""
        return self.pod_cidr or self.of_driver.pods

    @property
    def services(self) -> IPv4Network | None:
        """The services' network, likewise."""
        return self.service_cidr or self.of_driver.services


class OpenStackPool(Section):
    """A pool of GPU nodes in OpenStack."""

    flavor: Flavour
    """Flavour with GPUs."""
    min: SomeNodes = 1
    """Fewest nodes; no driver tells its autoscaler of the GPUs of a pool without nodes."""
    max: SomeNodes
    """Most nodes."""
    purpose: Literal["training", "serving"] = "serving"
    """What the pool is for; it becomes the role of its node group."""


class OpenStackObjectStore(Section):
    """The containers for raw orders, held-back orders and reports."""

    keep_objects: bool = True
    """Refuse to destroy a container that still holds objects."""


class ThrowAwayKeys(Section):
    """Keys of a rehearsal, which protect nothing; everywhere else Barbican holds the keys."""

    pseudonym_key: Label
    """Key of the customers' pseudonyms, base64."""
    signing_key: Label
    """Seed of the Ed25519 key that signs releases, base64 of 32 bytes."""
    orders_access_key_id: Label
    """User name at the stand-in of the private object store."""
    orders_secret_access_key: Label
    """Password at the stand-in of the private object store."""


class OpenStackSettings(Section):
    """The private site."""

    auth_url: HttpUrl
    """Keystone's URL; the application credential comes from the environment (OS_*), never from this file."""
    region: Label
    """OpenStack region."""
    external_network: Label
    """Name of the provider network that routers and floating addresses use."""
    network: OpenStackNetwork
    """The private network."""
    object_store_url: HttpUrl
    """URL of the object store's S3 API."""
    object_store_region: StoreRegion = "us-east-1"
    """Region that the S3 API wants requests signed for: the option ``location`` of Swift's s3api, which is
    us-east-1 unless the cloud says otherwise."""
    cluster: OpenStackCluster
    """The Magnum cluster."""
    gpu_pools: dict[Name, OpenStackPool] = Field(default_factory=dict)
    """GPU pools by name."""
    object_store: OpenStackObjectStore = OpenStackObjectStore()
    """Containers."""
    keys_secret: Label = "isthmus-keys"  # noqa: S105 - a name
    """Name of the Barbican secret that holds the pseudonym key, the signing key and the store's keys."""
    throw_away_keys: ThrowAwayKeys | None = None
    """Keys of the rehearsal in place of ``keys_secret``; only in stack ``local``."""
