"""The standards that rules name, and where each control is written down.

Looked up on 2026-11-28:

- FSBP, the AWS Foundational Security Best Practices of Security Hub, and the controls of the CIS AWS
  Foundations Benchmark 5.0.0 that it names beside its own
  (https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html).
- CIS Kubernetes Benchmark 1.10, as kube-bench has it
  (aquasecurity/kube-bench@1ba3ca5 cfg/cis-1.10/policies.yaml).
- CIS Amazon EKS Benchmark 1.8.0.
- NSA and CISA, Kubernetes Hardening Guide, version 1.2 of August 2022, which names sections and no numbers.
"""

from __future__ import annotations

from typing import Final

from infra.policy.rule import Reference

_SECURITY_HUB: Final = "https://docs.aws.amazon.com/securityhub/latest/userguide"
_KUBE_BENCH: Final = "https://github.com/aquasecurity/kube-bench/blob/main/cfg/cis-1.10/policies.yaml"
_GUIDE: Final = "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF"


def fsbp(control: str) -> Reference:
    """A control of the AWS Foundational Security Best Practices, such as S3.8."""
    return Reference("AWS FSBP", control, _control(control))


def security_hub(control: str) -> Reference:
    """A control of Security Hub that is in other standards than FSBP."""
    return Reference("AWS Security Hub", control, _control(control))


def _control(control: str) -> str:
    service = control.partition(".")[0].lower()
    return f"{_SECURITY_HUB}/{service}-controls.html#{control.lower().replace('.', '-')}"


def cis_aws(control: str) -> Reference:
    """A control of the CIS AWS Foundations Benchmark 5.0.0."""
    return Reference("CIS AWS 5.0.0", control, "https://www.cisecurity.org/benchmark/amazon_web_services")


def cis_kubernetes(control: str) -> Reference:
    """A control of the CIS Kubernetes Benchmark 1.10."""
    return Reference("CIS Kubernetes 1.10", control, _KUBE_BENCH)


def cis_eks(control: str) -> Reference:
    """A control of the CIS Amazon EKS Benchmark 1.8.0."""
    return Reference("CIS EKS 1.8.0", control, "https://www.cisecurity.org/benchmark/kubernetes")


def nsa(section: str) -> Reference:
    """A section of the Kubernetes Hardening Guide of NSA and CISA."""
    return Reference("NSA/CISA Kubernetes 1.2", section, _GUIDE)


def openstack(check: str, page: str) -> Reference:
    """A check of the OpenStack Security Guide."""
    return Reference(
        "OpenStack Security Guide", check, f"https://docs.openstack.org/security-guide/{page}.html"
    )


def well_architected(practice: str) -> Reference:
    """A practice of the AWS Well-Architected Framework."""
    return Reference(
        "AWS Well-Architected",
        practice,
        "https://docs.aws.amazon.com/wellarchitected/latest/framework/appendix.html",
    )


DESIGN: Final = Reference("isthmus design", "decision 3", "docs/architecture.md")
