"""An engine command while it runs: one moving line on a terminal, milestones as lines that stay."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

# What a reader waits for, by the type of the component or resource, and how to say that it is there.
_MILESTONES: Final[Mapping[str, str]] = {
    "aws:eks/cluster:Cluster": "EKS cluster",
    "openstack:containerinfra/cluster:Cluster": "Magnum cluster",
    "aws:ec2/vpnConnection:VpnConnection": "link, the AWS half",
    "kubernetes:batch/v1:Job": "job",
    "kubernetes:apps/v1:Deployment": "deployment",
    "kubernetes:argoproj.io/v1alpha1:Rollout": "rollout",
}
# Between two lines where there is no terminal, in seconds.
_QUIET: Final = 15.0
_DONE = {"create", "update", "delete", "replace", "create-replacement", "delete-replaced"}


class Narration:
    """Takes the engine's events and tells a person how far it is."""

    def __init__(self, doing: str, console: Console | None = None) -> None:
        self.doing = doing
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self.running: dict[str, tuple[str, float]] = {}
        self.milestones: list[tuple[str, float]] = []
        """What took a second or more, in the order in which it was ready."""
        self.done = 0
        self.started = self.spoken = time.monotonic()
        self.status = self.console.status(f"{doing} …") if self.console.is_terminal else None

    def __enter__(self) -> Narration:
        if self.status:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status:
            self.status.stop()
        sys.stderr.flush()

    def take(self, event: Mapping[str, Any]) -> None:
        """Show one event of the engine."""
        if started := event.get("resourcePreEvent"):
            meta = started["metadata"]
            if meta["op"] in _DONE:
                self.running[meta["urn"]] = (meta["op"], time.monotonic())
        elif ended := event.get("resOutputsEvent"):
            self._ended(ended["metadata"])
        self._tell()

    def _ended(self, meta: Mapping[str, Any]) -> None:
        op, since = self.running.pop(meta["urn"], ("", 0.0))
        if not op:
            return
        self.done += 1
        what = _MILESTONES.get(meta["type"])
        if what:
            verb = "gone" if "delete" in op else "ready"
            seconds = time.monotonic() - since
            name = name_of(meta["urn"])
            if seconds >= 1:
                self.milestones.append((f"{what} {name}", seconds))
            self.console.print(f"  [green]✓[/] {what} [bold]{escape(name)}[/] {verb}, {seconds:.0f} s")

    def _tell(self) -> None:
        now = time.monotonic()
        waits = [f"{name_of(urn)} ({now - since:.0f} s)" for urn, (_, since) in self.running.items()]
        text = f"{self.doing} … {self.done} done" + (f", at {', '.join(waits[:3])}" if waits else "")
        if self.status:
            self.status.update(escape(text))
        elif time.monotonic() - self.spoken >= _QUIET:
            self.spoken = time.monotonic()
            self.console.print(escape(text))


def name_of(urn: str) -> str:
    """The name that a resource has in the program."""
    return urn.rsplit("::", 1)[-1]
