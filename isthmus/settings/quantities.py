"""The kinds of value that sections of a stack file share, with their units and bounds.

Each kind carries the sentence that says what is allowed (``Allowed``), so that a refusal and the
reference page say the same thing.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from isthmus.settings.annotations import Allowed, refuse

ENGINES_DAY = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC")
"""An unquoted day, as the engine hands it over: it reads a moment, and Go prints one so."""


def _day(value: object) -> date:
    if isinstance(value, str):
        engines = ENGINES_DAY.fullmatch(value)
        try:
            return date.fromisoformat(engines[1] if engines else value)
        except ValueError:
            pass
    if isinstance(value, date):
        return value
    raise refuse("allowed is a day such as 2011-09-01")


Day = Annotated[date, BeforeValidator(_day), Allowed("a day such as 2011-09-01")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=1024, le=65000)]
Name = Annotated[
    str,
    Field(pattern=r"^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$"),
    Allowed("1 to 32 lower-case letters, digits and hyphens that start with a letter"),
]
"""A name that becomes part of Kubernetes, AWS and OpenStack names."""
