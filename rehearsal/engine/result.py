"""What an engine command did, read from the engine's own events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rehearsal.engine.errors import EngineError

_MARKUP = re.compile(r"<\{%[^%]*%\}>")

# The engine's names of what happens to a resource, by what a person would call it.
_CREATED = ("create", "import")
_REPLACED = ("replace",)
_DELETED = ("delete",)


@dataclass(frozen=True)
class Diagnostic:
    """A message of the engine or the program; ``urn`` is "" where it belongs to no resource."""

    severity: str
    message: str
    urn: str = ""


@dataclass
class Result:
    """The outcome of ``up``, ``preview``, ``refresh`` or ``destroy``."""

    command: str
    stack: str
    status: int = 0
    seconds: float = 0.0
    changes: dict[str, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stdout: str = ""
    stderr: str = ""

    @property
    def created(self) -> int:
        return self._count(*_CREATED)

    @property
    def updated(self) -> int:
        return self._count("update")

    @property
    def replaced(self) -> int:
        return self._count(*_REPLACED)

    @property
    def deleted(self) -> int:
        return self._count(*_DELETED)

    @property
    def unchanged(self) -> int:
        return self._count("same")

    @property
    def resources(self) -> int:
        """All resources that the command looked at, the deleted ones included."""
        return sum(self.changes.values())

    def errors(self) -> list[Diagnostic]:
        return [diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"]

    def __str__(self) -> str:
        created, updated, replaced, deleted = (
            ("to create", "to update", "to replace", "to delete")
            if self.command == "preview"
            else ("created", "updated", "replaced", "deleted")
        )
        counts = {
            created: self.created,
            updated: self.updated,
            replaced: self.replaced,
            deleted: self.deleted,
            "unchanged": self.unchanged,
        }
        counted = [f"{count} {word}" for word, count in counts.items() if count]
        return f"{', '.join(counted) or 'no resources'} in {self.seconds:.0f} s"

    def _count(self, *operations: str) -> int:
        return sum(self.changes.get(operation, 0) for operation in operations)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event of the engine's log into account."""
        if summary := event.get("summaryEvent"):
            for operation, count in (summary.get("resourceChanges") or {}).items():
                self.changes[operation] = count
        elif diagnostic := event.get("diagnosticEvent"):
            if diagnostic.get("severity") in ("error", "warning") and not diagnostic.get("ephemeral"):
                self.diagnostics.append(
                    Diagnostic(
                        diagnostic["severity"],
                        _MARKUP.sub("", diagnostic.get("message", "")).strip(),
                        diagnostic.get("urn", ""),
                    )
                )
        elif failure := event.get("resOpFailedEvent"):
            self.failed.append(failure.get("metadata", {}).get("urn", ""))


class UpdateFailed(EngineError):
    """An engine command ended with an error; ``result`` tells all about it."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(f"`pulumi {result.command} -s {result.stack}` failed: {_reason(result)}")


def parse(line: str) -> Mapping[str, Any] | None:
    """One line of an event log; None where it is not a whole event."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


_LIBRARY: Final = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.")
"""How a line of gRPC's own log begins; some are written by plugins that end well."""


def _reason(result: Result) -> str:
    for diagnostic in result.errors():
        # The engine closes with this one; the reason came before it.
        if diagnostic.message not in ("update failed", "preview failed", "destroy failed", "refresh failed"):
            name = diagnostic.urn.rsplit("::", 1)[-1]
            whose = f"{name}: " if name and "pulumi:pulumi:Stack" not in diagnostic.urn else ""
            return whose + diagnostic.message
    told = [
        line
        for text in (result.stdout, result.stderr)
        for line in text.strip().splitlines()
        if line.strip() and not _LIBRARY.match(line)
    ]
    lines = [line for line in told if line.startswith("error: ")] or told
    return lines[-1].removeprefix("error: ") if lines else f"exit status {result.status}"
