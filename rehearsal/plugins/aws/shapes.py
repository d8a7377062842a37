"""Values fitted to a shape of botocore's model, and validated by it.

botocore validates types, required members and lower bounds. It leaves enumerations, patterns and upper bounds
to the service, which a preview does not have: those are checked here, so that a bad value is refused before
anything is touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from rehearsal.plugins.backend import Refused, Unknown

_ENUMS_SHOWN = 12


def fit(value: Any, shape: Any) -> Any:
    """``value`` (camelCase, as Pulumi has it) in the form that ``shape`` asks for. None members are dropped.

    UNKNOWN becomes a valid stand-in, so that everything around it can still be validated.
    """
    if isinstance(value, Unknown):
        return _stand_in(shape)
    kind = shape.type_name
    if kind == "structure":
        return _fit_structure(value, shape)
    if kind == "list":
        items = value if isinstance(value, (list, tuple)) else [value]
        return [fit(item, shape.member) for item in items if item is not None]
    if kind == "map":
        if not isinstance(value, Mapping):
            return value
        return {str(k): fit(v, shape.value) for k, v in value.items() if v is not None}
    return _fit_scalar(value, kind)


def _fit_structure(value: Any, shape: Any) -> Any:
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        # {"Value": true} is how EC2 wraps a single attribute.
        return {"Value": fit(value, shape.members["Value"])} if set(shape.members) == {"Value"} else value
    fitted = {}
    for key, item in value.items():
        if item is None:
            continue
        member = member_of(shape, key)
        if member is None:
            # Left as it is: the validator names it.
            fitted[key] = item
        else:
            fitted[member] = fit(item, shape.members[member])
    return fitted


def _fit_scalar(value: Any, kind: str) -> Any:
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, (int, float)):
        return str(value)
    if kind in ("integer", "long") and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind in ("float", "double") and isinstance(value, (int, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            return value
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    return value


def member_of(shape: Any, key: str) -> str | None:
    """The member that a camelCase key means: letter case, dashes and a plural s are no difference."""
    return _members(shape).get(_bare(key)) or _members(shape).get(_bare(key).removesuffix("s"))


@cache
def _members(shape: Any) -> dict[str, str]:
    known = {_bare(name).removesuffix("s"): name for name in shape.members}
    return known | {_bare(name): name for name in shape.members}


def _bare(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _stand_in(shape: Any) -> Any:
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        return {name: _stand_in(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [_stand_in(shape.member) for _ in range(limits.get("min", 0))]
    if kind == "map":
        return {}
    if kind in ("integer", "long", "float", "double"):
        return limits.get("min", 0)
    if kind == "boolean":
        return False
    if kind == "blob":
        return b""
    if kind == "timestamp":
        return "2026-01-01T00:00:00Z"
    return _StandIn(max(limits.get("min", 1), 1))


class _StandIn(str):
    """A string that no enumeration or pattern is held against."""

    def __new__(cls, length: int) -> _StandIn:
        return super().__new__(cls, "x" * length)


def validate(
    parameters: Mapping[str, Any], operation: Any, *, naming: Mapping[str, str] | None = None
) -> None:
    """Raise Refused, naming every fault, when the model does not allow the call.

    ``naming`` maps parameters to the inputs they came from, so that the user reads of the input.
    """
    from botocore.validate import ParamValidator

    naming = naming or {}
    faults: list[tuple[str, str]] = []
    if operation.input_shape is not None:
        report = ParamValidator().validate(dict(parameters), operation.input_shape)
        for reason, name, details in report._errors:
            faults.append(_explained(reason, name, details))
        _walk(parameters, operation.input_shape, "", faults)
    if faults:
        tops = [re.split(r"[.\[]", path, maxsplit=1)[0] for path, _ in faults]
        faulty = "; ".join(f"{naming.get(path, path)} {fault}" for path, fault in faults)
        raise Refused(
            f"{operation.service_model.service_name}:{operation.name} does not allow this: {faulty}.",
            property=next((naming[top] for top in tops if top in naming), ""),
        )


def _explained(reason: str, name: str, details: Mapping[str, Any]) -> tuple[str, str]:
    name = name.lstrip(".")
    if reason == "missing required field":
        missing = f"{name}.{details['required_name']}" if name else details["required_name"]
        return missing, "is required"
    if reason == "unknown field":
        known = ", ".join(sorted(details["valid_names"])[:_ENUMS_SHOWN])
        field = f"{name}.{details['unknown_param']}" if name else details["unknown_param"]
        return field, f"is no parameter (there are {known}, ...)"
    if reason == "invalid type":
        return name, f"is {details['param']!r}, and must be of type {details['valid_types'][0]}"
    if reason in ("invalid range", "invalid length"):
        got = details.get("param", "")
        return name, f"is too small or too short ({got!r}; at least {details.get('min_allowed')})"
    return name, reason


def _walk(value: Any, shape: Any, path: str, faults: list[tuple[str, str]]) -> None:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, item in value.items():
            if name in shape.members:
                _walk(item, shape.members[name], f"{path}.{name}" if path else name, faults)
    elif kind == "list" and isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _walk(item, shape.member, f"{path}[{index}]", faults)
    elif kind == "map" and isinstance(value, Mapping):
        for key, item in value.items():
            _walk(item, shape.value, f"{path}.{key}" if path else key, faults)
    elif isinstance(value, str) and not isinstance(value, _StandIn):
        _judge_text(value, shape, path, faults)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        highest = shape.metadata.get("max")
        if highest is not None and value > highest:
            faults.append((path, f"is {value}, and the most allowed is {highest}"))


def _judge_text(value: str, shape: Any, path: str, faults: list[tuple[str, str]]) -> None:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        shown = ", ".join(_nearest(value, allowed))
        faults.append((path, f"is {value!r}, and must be one of {shown}"))
    longest = shape.metadata.get("max")
    if longest is not None and len(value) > longest:
        faults.append((path, f"has {len(value)} characters, and at most {longest} are allowed"))
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.search(value):
        faults.append((path, f"is {value!r}, and must match {pattern}"))


def _nearest(value: str, allowed: list[str]) -> list[str]:
    if len(allowed) <= _ENUMS_SHOWN:
        return sorted(allowed)
    from difflib import get_close_matches

    return [*get_close_matches(value, allowed, 6, 0.3), "..."]


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None  # a Java pattern that Python does not read


__all__ = ["fit", "member_of", "validate"]
