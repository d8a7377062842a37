"""Which stack the engine asks about, and the exceptions of its stack file.

The engine tells both by ``ConfigureStack`` (pulumi/pulumi pkg/resource/plugin/analyzer_plugin.go, v3.259.0),
of which pulumi-policy 1.21 keeps the tags alone. So it is listened to here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import policy as sdk

from infra.settings.policy import PolicyException, PolicySettings
from isthmus.settings.errors import SettingsError
from isthmus.settings.validation import validate_json

KEY = "isthmus:policy"


@dataclass
class EngineStack:
    """What the engine has said of its stack; nothing before it has said it."""

    name: str = ""
    exceptions: tuple[PolicyException, ...] = ()
    inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the program gave each resource, by URN. At the end the engine tells what came of it, in which a
    preview of some providers leaves out whatever it could not know."""

    def listen(self) -> None:
        """Note what the engine says from now on."""
        servicer: Any = sdk._PolicyAnalyzerServicer
        theirs = servicer.ConfigureStack

        def configure(servicer: Any, request: Any, context: Any) -> Any:
            self.name = request.stack
            self.exceptions = exceptions(dict(request.config))
            return theirs(servicer, request, context)

        servicer.ConfigureStack = configure


def exceptions(config: Mapping[str, str]) -> tuple[PolicyException, ...]:
    """The exceptions of a stack's configuration; none where the section is wrong, which the program says."""
    text = config.get(KEY)
    if not text:
        return ()
    try:
        return validate_json(PolicySettings, text, KEY, "policy").exceptions
    except SettingsError:
        return ()
