"""The containers of the OpenStack object store."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming


class PrivateContainer(pulumi.ComponentResource):
    """A Swift container that only its project can reach, with every version kept.

    Without read and write ACLs nobody but the project's members has access.
    """

    container: pulumi.Output[str]
    """Its name, which is the bucket's name at the store's S3 API."""

    def __init__(
        self,
        name: str,
        *,
        container_name: str,
        naming: Naming,
        region: str,
        keep_objects: bool = True,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:PrivateContainer", name, None, opts)
        container = openstack.objectstorage.Container(
            name,
            name=container_name,
            region=region,
            versioning=True,
            metadata=naming.tags,
            force_destroy=not keep_objects,
            # The provider would change a container of another name in place, and leave it its old one
            # (terraform-provider-openstack v3.4.0, resource_openstack_objectstorage_container_v1.go).
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["name"], protect=protect),
        )
        self.container = container.name
        self.register_outputs({"container": self.container})


__all__ = ["PrivateContainer"]
