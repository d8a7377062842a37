"""Labels of a cluster template: those that the chosen driver reads, and no others."""

from __future__ import annotations

from infra.pins import MAGNUM_KUBE_TAG
from infra.settings.openstack import OpenStackCluster


def template_labels(settings: OpenStackCluster) -> dict[str, str]:
    """By Magnum's names; values are texts. A driver passes over a label that it does not know."""
    driver = settings.of_driver
    labels = dict(driver.always)
    if driver.reads_version:
        labels["kube_tag"] = MAGNUM_KUBE_TAG
    values = {
        "volume_gib": str(settings.volume_gib),
        "floating_api": str(settings.floating_api).lower(),
        "service_cidr": settings.service_cidr and str(settings.service_cidr),
        "api_allowed_cidrs": ",".join(map(str, settings.api_allowed_cidrs)),
        # The name that the cluster signs its tokens with must be the one that AWS trusts.
        "oidc_issuer": settings.oidc_issuer and f"--service-account-issuer={settings.oidc_issuer}",
    }
    labels |= {driver.labels[key]: value for key, value in values.items() if value and key in driver.labels}
    pods = driver.pods_label(settings.network_driver)
    if pods and settings.pod_cidr:
        labels[pods] = str(settings.pod_cidr)
    return labels


__all__ = ["template_labels"]
