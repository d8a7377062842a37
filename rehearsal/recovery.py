"""The product's recovery, at work on a rehearsal's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.recovery.pending import Pending
from infra.recovery.questions import Cli
from infra.recovery.recover import Look
from infra.recovery.recover import recover as bring_to_an_end
from rehearsal.engine.command import Engine
from rehearsal.plugins.openstack import client


@dataclass(frozen=True)
class _Rehearsed:
    """The rehearsal's engine as recovery wants it."""

    engine: Engine
    config_file: Path | None

    @property
    def cli(self) -> Cli:
        return Cli(self.engine.home.environment(), self.engine.home.root)

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        return self.engine.export(stack, show_secrets=show_secrets)

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        self.engine.take(stack, deployment)

    def read_anew(self, stack: str, urns: Sequence[str]) -> None:
        targets = tuple(part for urn in urns for part in ("--target", urn))
        self.engine.refresh(stack, arguments=targets, config_file=self.config_file)


def recover(engine: Engine, stack: str, config_file: Path | None, look: Look = lambda _: None) -> int:
    """Bring to an end what a killed engine left open in a stack of a rehearsal; how many operations.

    What no provider can look up, and ``look`` does not know, is looked up in the rehearsed OpenStack cloud:
    there is no client that a person could ask.
    """

    def seen(one: Pending) -> list[str] | None:
        told = look(one)
        return told if told is not None else client.ids(engine.home, one.type, one.inputs)

    return bring_to_an_end(_Rehearsed(engine, config_file), stack, engine.say, seen)
