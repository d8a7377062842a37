"""Quantities of a cloud, with their units and bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from isthmus.settings.annotations import Allowed, Unit, refuse

Nodes = Annotated[int, Unit("nodes"), Field(ge=0, le=1000)]
SomeNodes = Annotated[int, Unit("nodes"), Field(ge=1, le=1000)]
GiB = Annotated[int, Unit("GiB"), Field(ge=1, le=65536)]
Days = Annotated[int, Unit("days"), Field(ge=1, le=3653)]
Percent = Annotated[int, Unit("percent"), Field(ge=1, le=100)]
UsdPerMonth = Annotated[float, Unit("USD per month"), Field(ge=0, allow_inf_nan=False)]
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
