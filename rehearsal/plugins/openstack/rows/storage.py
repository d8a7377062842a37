"""Swift: containers. Each is a bucket of the private object store too, where one is rehearsed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import FORCES, MAYBE, Arguments, Flag, Labels, Text, one_of
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.tokens import CONTAINER


def _container_name(value: Any) -> Any:
    if isinstance(value, str) and (not value or "/" in value or len(value.encode()) > 256):
        raise ValueError("must be 1 to 256 bytes of UTF-8 without '/'")
    return value


class VersioningLegacy(Arguments):
    """Swift's older way to keep versions: in another container."""

    location: Text
    type: Annotated[Text, one_of("versions", "history")]


class ContainerArguments(Arguments):
    """Inputs of a container."""

    container_read: Text | None = None
    container_sync_key: Text | None = None
    container_sync_to: Text | None = None
    container_write: Text | None = None
    content_type: Text | None = None
    force_destroy: Flag | None = False
    metadata: Labels | None = None
    # Its documentation says that another name makes a new container. Its code updates the old one, which
    # keeps its name (terraform-provider-openstack v3.4.0, resource_openstack_objectstorage_container_v1.go).
    name: Annotated[Text, AfterValidator(_container_name)] | None = None
    region: Annotated[Text | None, FORCES] = None
    storage_class: Annotated[Text | None, FORCES] = None
    storage_policy: Annotated[Text | None, FORCES] = None
    versioning: Flag | None = False
    versioning_legacy: Annotated[VersioningLegacy, MAYBE] | None = None

    @model_validator(mode="after")
    def _one_way_to_version(self) -> ContainerArguments:
        if self.versioning is True and self.versioning_legacy is not None:
            raise ValueError("`versioning` and `versioningLegacy` exclude each other")
        return self


ROWS = (
    OpenStackType(
        token=CONTAINER,
        noun="container",
        service="Swift",
        arguments=ContainerArguments,
        outputs=frozenset({
            "storagePolicy", "storageClass", "region",
        }),
        fixed=frozenset({"name"}),
    ),
)  # fmt: skip
