"""The JSON Schema of a stack file, made from the models; editors complete and check with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.settings.catalogue import flavours, instance_types
from infra.settings.model import Sections
from isthmus.settings.descriptions import descriptions, models_of

FILE = Path(__file__).parent / "schema.json"


def _machines(definitions: dict[str, Any]) -> None:
    """Offer the names of the catalogue where a machine is asked for."""
    types, private = list(instance_types()), list(flavours())
    plain = [name for name in types if not instance_types()[name].gpus]
    definitions["AwsPool"]["properties"]["instance_type"]["enum"] = [t for t in types if t not in plain]
    definitions["SystemNodes"]["properties"]["instance_type"]["enum"] = plain
    with_gpus = [name for name in private if flavours()[name].gpus]
    definitions["OpenStackPool"]["properties"]["flavor"]["enum"] = with_gpus
    for key in ("master_flavor", "node_flavor"):
        definitions["OpenStackCluster"]["properties"][key]["enum"] = [
            f for f in private if f not in with_gpus
        ]


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a whole stack file."""
    sections = Sections.model_json_schema(mode="validation")
    definitions = sections.pop("$defs")
    for model in models_of(Sections):
        place = sections if model is Sections else definitions[model.__name__]
        for name, text in descriptions(model).items():
            place["properties"][name] = dict(
                sorted({**place["properties"][name], "description": text}.items())
            )
    _machines(definitions)
    properties = {f"isthmus:{name}": body for name, body in sections["properties"].items()}
    required = [f"isthmus:{name}" for name in sections["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An isthmus stack file",
        "type": "object",
        "properties": {
            "secretsprovider": {"type": "string", "description": "Key service that encrypts secrets."},
            "encryptedkey": {"type": "string", "description": "Data key, written by the engine."},
            "encryptionsalt": {"type": "string", "description": "Salt, written by the engine."},
            "environment": {"description": "Pulumi ESC environments."},
            "config": {
                "type": "object",
                "properties": properties,
                "patternProperties": {"^pulumi:": {}},
                "required": required,
                "additionalProperties": False,
            },
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def text() -> str:
    """The schema as it stands in ``schema.json``."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
