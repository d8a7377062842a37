"""The end of an estate, at work on a rehearsal's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.engine.command import Event
from rehearsal.estate import Estate


@dataclass(frozen=True)
class RehearsedEngine:
    """The rehearsal's engine as ``infra.teardown`` wants it."""

    estate: Estate
    on_event: Callable[[Event], None] | None = None

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment."""
        return self.estate.engine.export(stack, show_secrets=show_secrets)

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Make a deployment the stack's own."""
        self.estate.engine.take(stack, deployment)

    def end(self, stack: str, targets: Sequence[str]) -> None:
        """Delete some resources and what depends on them, or all."""
        named = tuple(part for urn in targets for part in ("--target", urn))
        self.estate.engine.destroy(
            stack,
            arguments=(*named, *(("--target-dependents",) if targets else ())),
            on_event=self.on_event,
            config_file=self.estate.stack_file(),
        )


__all__ = ["RehearsedEngine"]
