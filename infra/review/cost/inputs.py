"""The inputs of a resource, typed; what cannot be read is a reason to have no price, never a crash."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from infra.review.resource import Resource
from isthmus.errors import IsthmusError

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Size = Annotated[int, Field(ge=0, le=10**9)]
Text = Annotated[str, Field(max_length=512)]


class Unreadable(IsthmusError):
    """The inputs do not say what a price needs; the text is the reason."""


class Inputs(BaseModel):
    """Some inputs of a resource type, by the provider's names."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


I = TypeVar("I", bound=Inputs)  # noqa: E741


def read(model: type[I], resource: Resource) -> I:
    """Read the inputs of a resource.

    Raises:
        Unreadable: one is missing, unknown before the change is made, or not of its type.
    """
    try:
        return model.model_validate(resource.inputs)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Unreadable(
            f"{where} is missing" if first["type"] == "missing" else f"{where} is not known or not usable"
        ) from None
