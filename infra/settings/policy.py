"""Exceptions from the policy: which rule, for which resources, who says so, why, and until when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Allowed
from isthmus.settings.quantities import Day
from isthmus.settings.section import Section

RuleName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9]{0,15}(-[a-z0-9]{1,16}){1,8}$"),
    Allowed("the name of a rule, as `isthmus policy list` shows it"),
]
ResourceName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._/:@*-]{1,256}$"),
    Allowed("the name of a resource in the program; a * stands for any part of one"),
]
Owner = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{1,127}$"),
    Allowed("a person or a team: a name without spaces, or an e-mail address"),
]
Reason = Annotated[
    str, Field(min_length=20, max_length=500), Allowed("a sentence of 20 to 500 characters that says why")
]


class PolicyException(Section):
    """A rule that some resources may break for a while."""

    rule: RuleName
    """The rule."""
    resource: ResourceName
    """The resource that may break it."""
    owner: Owner
    """Who answers for it."""
    reason: Reason
    """Why it is right here."""
    expires: Day
    """The last day on which it holds; after it the rule refuses again."""


class PolicySettings(Section):
    """What the review and the policy pack let pass."""

    exceptions: Annotated[tuple[PolicyException, ...], Field(max_length=50)] = ()
    """Rules that some resources may break; each says who answers for it, why, and until when."""
