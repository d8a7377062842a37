"""The published API schema of a Kubernetes version, strict: no field that the API does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from typing import Any

from rehearsal.plugins.backend import Refused, Unknown


@cache
def _schemas(version: str) -> tuple[str, Any]:
    """Folder of the version's schemas, and the definitions that all of them refer to."""
    from kubernetes_validate import utils

    wanted = [v for v in utils.all_versions() if utils.major_minor(v) == version]
    if not wanted:
        known = ", ".join(sorted({utils.major_minor(v) for v in utils.all_versions()}))
        raise Refused(
            f"kubernetes-validate has no schema of Kubernetes {version}, only of {known}: upgrade it"
        )
    folder = f"kubernetes-json-schema/v{wanted[-1]}-local-strict"
    return folder, utils.schema_contents(f"{folder}/_definitions.json", version)


@cache
def _validator(version: str, api_version: str, kind: str) -> Any:
    import jsonschema
    from kubernetes_validate import utils
    from referencing import Registry, Resource

    folder, definitions = _schemas(version)
    group, _, number = api_version.rpartition("/")
    name = f"{kind.lower()}-{group.split('.')[0]}-{number}" if group else f"{kind.lower()}-{number}"
    schema = utils.schema_contents(f"{folder}/{name}.json", version)
    registry: Any = Resource.from_contents(definitions) @ Registry()
    return jsonschema.Draft202012Validator(schema, registry=Resource.from_contents(schema) @ registry)


def check(object: dict[str, Any], version: str) -> None:
    """Raise Refused with the first thing that is wrong, by the path of its field.

    An UNKNOWN value is taken for one of the type that its field asks for.
    """
    errors = sorted(_errors(object, version), key=lambda error: [str(part) for part in error.absolute_path])
    if errors:
        error = errors[0]
        name = object["metadata"].get("name")
        subject = f"{object['kind']} {name}" if isinstance(name, str) else object["kind"]
        place = path(error.absolute_path)
        where = f"{place}: " if place else ""
        raise Refused(
            f"{subject}: {where}{_sentence(error)} (Kubernetes {version})",
            property=str(error.absolute_path[0]) if error.absolute_path else "",
        )


def _errors(object: dict[str, Any], version: str) -> Iterator[Any]:
    for error in _validator(version, object["apiVersion"], object["kind"]).iter_errors(object):
        if not isinstance(error.instance, Unknown):
            yield error


def path(parts: Any) -> str:
    """``spec.containers[0].image`` of its parts."""
    written = ""
    for part in parts:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else str(part)
    return written


def _sentence(error: Any) -> str:
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", ()))
        for name in error.instance:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                return f"{name} is not a field of the API{hint}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{missing} is required"
    value = repr(error.instance)
    value = value if len(value) <= 60 else f"{value[:57]}..."
    if error.validator == "type":
        kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return f"{value} is not of type {' or '.join(kind for kind in kinds if kind != 'null')}"
    if error.validator == "enum":
        return (
            f"{value} is not one of {', '.join(str(one) for one in error.validator_value if one is not None)}"
        )
    if error.validator in ("oneOf", "anyOf"):
        return f"{value} is of a type that the field does not take"
    return f"{value}: {error.message}" if len(error.message) < 120 else f"{value} is not allowed"
