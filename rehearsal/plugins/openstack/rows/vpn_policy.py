"""Neutron VPNaaS: IKE and IPsec policies."""

from __future__ import annotations

from typing import Annotated

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    Arguments,
    Labels,
    Name,
    Text,
    Whole,
    between,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.tokens import IKE_POLICY, IPSEC_POLICY

# Lists of the Terraform provider 3.4 (which takes them from Neutron VPNaaS).
AUTH = one_of("sha1", "sha256", "sha384", "sha512", "aes-xcbc", "aes-cmac")
MODES = [
    f"aes-{bits}-{mode}-{icv}" for mode in ("ccm", "gcm") for bits in (128, 192, 256) for icv in (8, 12, 16)
]
ENCRYPTION = one_of(
    "3des", "aes-128", "aes-192", "aes-256", *(f"aes-{bits}-ctr" for bits in (128, 192, 256)), *MODES
)
PFS = one_of("group2", "group5", *(f"group{n}" for n in range(14, 32)))
MIN_LIFETIME = 60  # Neutron VPNaaS takes no shorter lifetime


class Lifetime(Arguments):
    """How long a security association lives."""

    units: Annotated[Text, one_of("seconds", "kilobytes")] | None = None
    value: Annotated[Whole, between(MIN_LIFETIME)] | None = None


class IkePolicyArguments(Arguments):
    """Inputs of an IKE policy."""

    auth_algorithm: Annotated[Text, AUTH] | None = "sha1"
    description: Name | None = None
    encryption_algorithm: Annotated[Text, ENCRYPTION] | None = "aes-128"
    ike_version: Annotated[Text, one_of("v1", "v2")] | None = "v1"
    lifetimes: list[Annotated[Lifetime, MAYBE]] | None = None
    name: Name | None = None
    pfs: Annotated[Text, PFS] | None = "group5"
    phase1_negotiation_mode: Annotated[Text, one_of("main")] | None = "main"
    region: Annotated[Text | None, FORCES] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class IpSecPolicyArguments(Arguments):
    """Inputs of an IPsec policy."""

    auth_algorithm: Annotated[Text, AUTH] | None = None
    description: Name | None = None
    encapsulation_mode: Annotated[Text, one_of("tunnel", "transport")] | None = None
    encryption_algorithm: Annotated[Text, ENCRYPTION] | None = None
    lifetimes: list[Annotated[Lifetime, MAYBE]] | None = None
    name: Name | None = None
    pfs: Annotated[Text, PFS] | None = None
    region: Annotated[Text | None, FORCES] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    transform_protocol: Annotated[Text, one_of("esp", "ah", "ah-esp")] | None = None
    value_specs: Annotated[Labels | None, FORCES] = None


ROWS = (
    OpenStackType(
        token=IKE_POLICY,
        noun="IKE policy",
        service="Neutron VPNaaS",
        arguments=IkePolicyArguments,
        outputs=frozenset({
            "region", "tenantId", "lifetimes",
        }),
    ),
    OpenStackType(
        token=IPSEC_POLICY,
        noun="IPsec policy",
        service="Neutron VPNaaS",
        arguments=IpSecPolicyArguments,
        outputs=frozenset({
            "authAlgorithm", "encapsulationMode", "encryptionAlgorithm", "pfs",
            "transformProtocol", "region", "tenantId", "lifetimes",
        }),
    ),
)  # fmt: skip
