"""Whether the credential may do what Magnum's drivers do with it."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem

ENOUGH = frozenset({"member", "admin", "manager"})


def credential(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """It is a member of its project, and an application credential is unrestricted.

    The drivers of Cluster API make an application credential and a trust of their own by it, which Keystone
    refuses to a restricted one (vexxhost/magnum-cluster-api, docs/admin/authentication.md, and its issue 749;
    openstack/magnum-capi-helm, magnum_capi_helm/common/app_creds.py, create_app_cred; 2026-11-28).
    """
    cloud = clouds.openstack()
    token = cloud.session.auth.get_access(cloud.session)
    roles = {name.lower() for name in token.role_names}
    if not roles & ENOUGH:
        yield Problem(
            "OpenStack credential",
            f"has {', '.join(sorted(roles)) or 'no role'} in project {token.project_name}, and making "
            "networks and clusters needs member: ask the project's manager for it",
        )
    id = token.application_credential_id
    if id is None or settings.openstack.cluster.driver == "heat":
        return
    found = cloud.identity.get_application_credential(token.user_id, id)
    if not found.unrestricted:
        yield Problem(
            "OpenStack credential",
            f"is the restricted application credential {found.name}, by which driver "
            f"{settings.openstack.cluster.driver} can make no cluster: make another (`openstack application "
            "credential create --unrestricted NAME`)",
        )


__all__ = ["credential"]
