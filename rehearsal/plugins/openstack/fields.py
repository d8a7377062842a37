"""The vocabulary of the rows: checked field types, and marks that say what a field means to the API."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WrapValidator, field_validator
from pydantic.alias_generators import to_camel

from rehearsal.plugins.backend import UNKNOWN


@dataclass(frozen=True)
class Mark:
    """A mark on a field that it has or has not."""

    name: str


FORCES = Mark("a change forces a replacement (ForceNew in the Terraform provider's schema)")
SENSITIVE = Mark("the value is never shown in a sentence")
SET = Mark("the order of the list has no meaning to the API")


def known(*values: Any) -> bool:
    """Whether no value is, or contains, an unknown."""
    for value in values:
        if value is UNKNOWN:
            return False
        if isinstance(value, BaseModel):
            value = [getattr(value, name) for name in type(value).model_fields]
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple) and not known(*value):
            return False
    return True


def items(value: Any) -> list[Any]:
    """The elements of a list that may be absent or unknown: those that are known altogether."""
    return [item for item in value if known(item)] if isinstance(value, list) else []


def _pass_unknown(value: Any, handler: Callable[[Any], Any]) -> Any:
    return value if value is UNKNOWN else handler(value)


MAYBE = WrapValidator(_pass_unknown)


class Arguments(BaseModel):
    """The inputs of a resource type; an argument that it does not declare is refused.

    In a preview any value may be UNKNOWN, so a rule over several fields asks ``known`` first.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, frozen=True, arbitrary_types_allowed=True
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _unknown_passes(cls, value: Any, handler: Callable[[Any], Any]) -> Any:
        return _pass_unknown(value, handler)


def _whole(value: Any) -> Any:
    """A whole number. Protobuf knows one kind of number: 4.0 is the integer 4; and a text that writes one is
    one, as the bridge reads it (pulumi-terraform-bridge v3.130.0, pkg/tfbridge/schema.go; read 2026-11-27).
    """
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(_whole(value)) if isinstance(value, int | float) else value


def _cidr(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be a network in CIDR notation, such as 10.20.0.0/24") from None
    if "/" not in value or str(network) != value:
        raise ValueError(f"must be a network's own address; {network} is recommended")
    return value


def _address(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValueError("must be an IP address, such as 10.20.0.10") from None
    return value


def _addresses(value: str) -> str:
    for each in value.split(","):
        _address(each)
    return value


def _matches(pattern: str, expected: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"must be {expected}")
        return value

    return AfterValidator(check)


def _short(value: str) -> str:
    if len(value) > 255:
        raise ValueError(f"must have at most 255 characters, not {len(value)}")
    return value


Text = Annotated[str, BeforeValidator(_text), MAYBE]
Name = Annotated[str, BeforeValidator(_text), AfterValidator(_short), MAYBE]
Flag = Annotated[bool, BeforeValidator(_flag), MAYBE]
Whole = Annotated[int, BeforeValidator(_whole), MAYBE]
Id = Annotated[str, _matches(r".+", "the id of a resource, not an empty string"), MAYBE]
Cidr = Annotated[str, AfterValidator(_cidr), MAYBE]
Address = Annotated[str, AfterValidator(_address), MAYBE]
Addresses = Annotated[str, AfterValidator(_addresses), MAYBE]
"""One or more, with commas between (magnum, api/controllers/v1/types.py, DNSListType)."""
DottedDomain = Annotated[
    str, _matches(r"|.+\.", "a fully qualified domain name with a dot at its end"), MAYBE
]
Texts = list[Text]
Labels = dict[str, Text]


def between(low: int, high: int | None = None) -> AfterValidator:
    """An integer's bounds, both inclusive; no upper one where ``high`` is None."""

    def check(value: Any) -> Any:
        if value is not UNKNOWN and (value < low or (high is not None and value > high)):
            raise ValueError(f"must be {low} to {high}" if high is not None else f"must be {low} or more")
        return value

    return AfterValidator(check)


def one_of(*values: str) -> AfterValidator:
    """A string of a fixed list."""

    def check(value: Any) -> Any:
        if value is not UNKNOWN and value not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return value

    return AfterValidator(check)
