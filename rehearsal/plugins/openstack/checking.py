"""Inputs against a row's model: what is wrong with them, in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rehearsal.plugins.backend import UNKNOWN, Properties, Refused, Resource
from rehearsal.plugins.openstack.fields import Arguments
from rehearsal.plugins.openstack.resource_type import OpenStackType


def check(row: OpenStackType, resource: Resource) -> Properties:
    """The inputs with the API's defaults filled in. Raises Refused, naming each argument at fault."""
    inputs = {key: value for key, value in resource.inputs.items() if value is not None}
    arguments = parse(row, inputs)
    for name, model_field in row.arguments.model_fields.items():
        key, read = model_field.alias or name, getattr(arguments, name)
        if isinstance(inputs.get(key), str) != isinstance(read, str) and isinstance(read, str | int):
            inputs[key] = read  # a number or truth that came as a text, or the other way round
        if not model_field.is_required() and model_field.default is not None:
            inputs.setdefault(model_field.alias or name, model_field.default)
    return inputs


def parse(row: OpenStackType, inputs: Properties) -> Arguments:
    """The row's model over the inputs. Raises Refused."""
    try:
        return row.arguments.model_validate(inputs)
    except ValidationError as error:
        problems = error.errors()
        property = next((str(p["loc"][0]) for p in problems if p["loc"]), "")
        reason = "; ".join(_sentence(row, problem) for problem in problems)
        raise Refused(f"{row.service} refuses the {row.noun}: {reason}", property=property) from None


def _sentence(row: OpenStackType, problem: ErrorDetails) -> str:
    where = _path(problem["loc"])
    if problem["type"] == "extra_forbidden":
        allowed = _siblings(row, problem["loc"])
        close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
        advice = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(sorted(allowed))}"
        return f"`{where}` is no argument of {row.token} ({advice})"
    if problem["type"] == "missing":
        return f"`{where}` is required"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if message == problem["msg"].removeprefix("Input should be ") and "should be" in problem["msg"]:
        message = f"must be {message}"
    if not where:
        return message
    hidden = problem["loc"][0] in row.sensitive
    shown = "" if hidden else f" is {_shown(problem['input'])} but"
    return f"`{where}`{shown} {message}"


def _shown(value: Any) -> str:
    return "unknown" if value is UNKNOWN else repr(value)


def _path(loc: Sequence[int | str]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _siblings(row: OpenStackType, loc: Sequence[int | str]) -> list[str]:
    """The argument names of the model at the place of an unknown one (top level or one nested block)."""
    models: list[type[Arguments]] = [row.arguments]
    if len(loc) > 1:
        name = str(loc[0])
        annotation = next(
            f.annotation for n, f in row.arguments.model_fields.items() if (f.alias or n) == name
        )
        models = [model for model in _models(annotation)] or models
    return [f.alias or n for model in models for n, f in model.model_fields.items()]


def _models(annotation: Any) -> list[type[Arguments]]:
    if isinstance(annotation, type) and issubclass(annotation, Arguments):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
