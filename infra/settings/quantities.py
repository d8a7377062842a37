"""The kinds of value that a stack file may hold, with their units and bounds.

Each kind carries the sentence that says what is allowed (``Allowed``), so that a refusal and the
reference page say the same thing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from training.allowed import Allowed as Allowed
from training.allowed import Unit as Unit

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
Name = Annotated[
    str,
    Field(pattern=r"^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$"),
    Allowed("1 to 32 lower-case letters, digits and hyphens that start with a letter"),
]
"""A name that becomes part of Kubernetes, AWS and OpenStack names."""
