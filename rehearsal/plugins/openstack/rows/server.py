"""Nova: servers and the groups that keep them apart."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SENSITIVE,
    SET,
    Arguments,
    Flag,
    Labels,
    Name,
    Text,
    Texts,
    Whole,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.tokens import INSTANCE, SERVER_GROUP

POLICIES = one_of("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")
LARGEST_USER_DATA = 65535
"""Characters of base64 that Nova takes (nova 34.0.0, api/openstack/compute/schemas/servers.py; read
2026-11-28)."""


def _fits(value: Any) -> Any:
    if isinstance(value, str) and 4 * ((len(value.encode()) + 2) // 3) > LARGEST_USER_DATA:
        raise ValueError(f"must have at most {LARGEST_USER_DATA} characters in base64")
    return value


class ServerGroupRules(Arguments):
    """How many of a group one host may have."""

    max_server_per_host: Whole | None = None


class ServerGroupArguments(Arguments):
    """Inputs of a server group; every change makes another."""

    name: Annotated[Name | None, FORCES] = None
    policies: Annotated[Annotated[Text, POLICIES] | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    rules: Annotated[Annotated[ServerGroupRules, MAYBE] | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class InstanceNetwork(Arguments):
    """A network card."""

    access_network: Flag | None = None
    fixed_ip_v4: Text | None = None
    fixed_ip_v6: Text | None = None
    mac: Text | None = None
    name: Text | None = None
    port: Text | None = None
    uuid: Text | None = None


class SchedulerHint(Arguments):
    """What the scheduler is told."""

    additional_properties: Labels | None = None
    build_near_host_ip: Text | None = None
    different_cells: Texts | None = None
    different_hosts: Texts | None = None
    group: Text | None = None
    queries: Texts | None = None
    same_hosts: Texts | None = None
    target_cell: Text | None = None


class BlockDevice(Arguments):
    """A disk."""

    source_type: Annotated[Text, one_of("blank", "image", "snapshot", "volume")]
    boot_index: Whole | None = None
    delete_on_termination: Flag | None = None
    destination_type: Text | None = None
    device_type: Text | None = None
    disk_bus: Text | None = None
    guest_format: Text | None = None
    multiattach: Flag | None = None
    uuid: Text | None = None
    volume_size: Whole | None = None
    volume_type: Text | None = None


class Personality(Arguments):
    """A file."""

    content: Text
    file: Text


class InstanceVendorOptions(Arguments):
    """How the provider goes about it."""

    detach_ports_before_destroy: Flag | None = None
    ignore_resize_confirmation: Flag | None = None


class InstanceArguments(Arguments):
    """Inputs of a server.

    Another image rebuilds it and another flavour resizes it, in place (terraform-provider-openstack v3.4.0,
    resource_openstack_compute_instance_v2.go; read 2026-11-28).
    """

    admin_pass: Annotated[Text | None, SENSITIVE] = None
    availability_zone: Annotated[Text | None, FORCES] = None
    availability_zone_hints: Annotated[Text | None, FORCES] = None
    block_devices: Annotated[list[Annotated[BlockDevice, MAYBE]] | None, FORCES] = None
    config_drive: Annotated[Flag | None, FORCES] = None
    flavor_id: Text | None = None
    flavor_name: Text | None = None
    force_delete: Flag | None = False
    hypervisor_hostname: Annotated[Text | None, FORCES] = None
    image_id: Text | None = None
    image_name: Text | None = None
    key_pair: Annotated[Text | None, FORCES] = None
    metadata: Labels | None = None
    name: Name | None = None
    network_mode: Annotated[Annotated[Text, one_of("auto", "none")] | None, FORCES] = None
    networks: Annotated[list[Annotated[InstanceNetwork, MAYBE]] | None, FORCES] = None
    personalities: Annotated[list[Annotated[Personality, MAYBE]] | None, FORCES] = None
    power_state: Annotated[Text, one_of("active", "shutoff", "shelved_offloaded", "paused")] | None = "active"
    region: Annotated[Text | None, FORCES] = None
    scheduler_hints: Annotated[list[Annotated[SchedulerHint, MAYBE]] | None, FORCES] = None
    security_groups: Annotated[Texts | None, SET] = None
    stop_before_destroy: Flag | None = False
    tags: Annotated[Texts | None, SET] = None
    user_data: Annotated[Annotated[Text, AfterValidator(_fits)] | None, FORCES, SENSITIVE] = None
    vendor_options: Annotated[InstanceVendorOptions, MAYBE] | None = None

    @model_validator(mode="after")
    def _something_to_start(self) -> InstanceArguments:
        if self.flavor_id is None and self.flavor_name is None:
            raise ValueError("one of `flavorId` and `flavorName` is required")
        if self.image_id is None and self.image_name is None and not self.block_devices:
            raise ValueError("one of `imageId`, `imageName` and `blockDevices` is required")
        return self


ROWS = (
    OpenStackType(
        token=SERVER_GROUP,
        noun="server group",
        service="Nova",
        arguments=ServerGroupArguments,
        outputs=frozenset({"members", "region", "rules"}),
    ),
    OpenStackType(
        token=INSTANCE,
        noun="server",
        service="Nova",
        arguments=InstanceArguments,
        outputs=frozenset({
            "accessIpV4", "accessIpV6", "allMetadata", "allTags", "availabilityZone", "created", "flavorId",
            "flavorName", "hypervisorHostname", "imageId", "imageName", "networks", "region",
            "securityGroups", "updated",
        }),
        secret_outputs=frozenset({"userData", "adminPass"}),
    ),
)  # fmt: skip
