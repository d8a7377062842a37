"""Values in, a checked section out; or one sentence for each thing that is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from isthmus.settings.errors import Problem, SettingsError
from isthmus.settings.section import Section
from isthmus.settings.sentences import problems

S = TypeVar("S", bound=Section)


def validate(model: type[S], values: Mapping[str, Any], source: str, section: str) -> S:
    """Check the values of a section, as they stand in a stack file.

    Args:
        model: of the section.
        values: what stands in it.
        source: what errors call the file, variable or options that hold it.
        section: the key that errors put before the keys in it, such as ``training.tuning``.

    Raises:
        SettingsError: something is wrong; it lists everything that is.
    """
    try:
        # In JSON, strict types still read days and tuples.
        return model.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingsError(source, problems(model, error, section)) from None


def validate_json(model: type[S], text: str, source: str, section: str) -> S:
    """Check a section that comes as JSON, as jobs get it.

    Raises:
        SettingsError: something is wrong; it lists everything that is.
    """
    try:
        values = json.loads(text)
    except ValueError:
        raise SettingsError(source, [Problem(section, "is no JSON; write a JSON object")]) from None
    return validate(model, values, source, section)
