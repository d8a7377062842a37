"""The kinds of value that a stack file may hold, with their units and bounds.

Each kind carries the sentence that says what is allowed (``Allowed``), so that a refusal and the
reference page say the same thing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from training.allowed import Allowed as Allowed
from training.allowed import Unit as Unit
from training.allowed import refuse as refuse

Count = Annotated[int, Field(ge=1, le=1000)]
Nodes = Annotated[int, Unit("nodes"), Field(ge=0, le=1000)]
GiB = Annotated[int, Unit("GiB"), Field(ge=1, le=65536)]
Seconds = Annotated[int, Unit("seconds"), Field(ge=1)]
Days = Annotated[int, Unit("days"), Field(ge=1, le=3653)]
Percent = Annotated[int, Unit("percent"), Field(ge=1, le=100)]
UsdPerMonth = Annotated[float, Unit("USD per month"), Field(ge=0, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=1024, le=65000)]
Asn = Annotated[
    int,
    Field(ge=1, le=4294967294),
    Allowed("a BGP autonomous system number, private ones are 64512-65534 and 4200000000-4294967294"),
]


def _private_asn(value: int) -> int:
    if not (64512 <= value <= 65534 or 4200000000 <= value <= 4294967294):
        raise refuse(
            "AWS takes a private number for its side: allowed is 64512-65534 or 4200000000-4294967294"
        )
    return value


PrivateAsn = Annotated[
    int,
    AfterValidator(_private_asn),
    Allowed("a private BGP autonomous system number, 64512-65534 or 4200000000-4294967294"),
]
"""EC2 API reference, CreateVpnGateway and TransitGatewayRequestOptions, AmazonSideAsn."""
Name = Annotated[
    str,
    Field(pattern=r"^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$"),
    Allowed("1 to 32 lower-case letters, digits and hyphens that start with a letter"),
]
"""A name that becomes part of Kubernetes, AWS and OpenStack names."""
