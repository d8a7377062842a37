"""Bring what a killed engine left open to an end: take in what the clouds made, drop what they did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from infra.recovery.deployment import with_found
from infra.recovery.identify import Again, ByHand, ById, Question, way
from infra.recovery.pending import Pending, pending
from infra.recovery.plugins import outlast
from infra.recovery.questions import Cli, ask
from isthmus.errors import IsthmusError

Say = Callable[[str], None]
Look = Callable[[Pending], list[str] | None]
"""Tells the ids of what no provider finds, none where it is not there, None where nobody knows."""


class NeedsHand(IsthmusError):
    """Only a person can tell whether something was made; the message names what, and the command."""


class Engine(Protocol):
    """What recovery needs of the engine."""

    @property
    def cli(self) -> Cli:
        """Its command."""

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment."""

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Make a deployment the stack's own."""

    def read_anew(self, stack: str, urns: Sequence[str]) -> None:
        """Take the clouds' word for some resources of the state."""


def recover(engine: Engine, stack: str, say: Say, look: Look = lambda _: None) -> int:
    """Bring every open operation of a stack to an end; how many there were.

    Whatever stops it on its way, the same call goes on: the state is changed once, by then all is known, and
    what the next up finds unread it reads by itself.

    Raises:
        NeedsHand: no provider can tell whether something was made, nor can ``look``. Nothing was changed.
        Unanswered: a provider could not be asked. Nothing was changed.
    """
    exported = engine.export(stack, show_secrets=True).get("deployment") or {}
    left = pending(exported)
    if not left:
        return 0
    outlast(engine.cli.environment, say)
    making = [one for one in left if one.made_by_cloud and one.operation in ("creating", "importing")]
    found = _found(engine, exported, making, look, say)
    whole = engine.export(stack)
    engine.take(stack, {**whole, "deployment": with_found(whole["deployment"], found)})
    half_done = [one for one in left if one.operation in ("updating", "deleting") and one.made_by_cloud]
    standing = {resource["urn"] for resource in exported.get("resources") or []}
    again = [*found, *(one.urn for one in half_done if one.urn in standing)]
    if again:
        engine.read_anew(stack, again)
    held = {resource["urn"]: resource.get("id") for resource in _resources(engine.export(stack))}
    for one in making:
        if one.urn in found:
            said = (
                f"is in the cloud as {held[one.urn]}: taken into the state"
                if one.urn in held
                else "is not in the cloud: the next up makes it"
            )
            say(f"{one} {said}.")
    for one in half_done:
        say(f"{one} was {one.operation}: {'as it is in the cloud' if one.urn in held else 'gone'}.")
    return len(left)


def _found(
    engine: Engine, deployment: Mapping[str, Any], making: Sequence[Pending], look: Look, say: Say
) -> dict[str, ById]:
    """What may have been made, by URN, with the id to read it by."""
    found: dict[str, ById] = {}
    asked: list[tuple[Pending, Question]] = []
    by_hand: list[tuple[Pending, str]] = []
    for one in making:
        match way(one):
            case ById() as known:
                found[one.urn] = known
            case Again():
                say(f"{one} is made again by the next up, which changes nothing where it is.")
            case Question() as question:
                asked.append((one, question))
            case ByHand(command):
                by_hand.append((one, command))
    resources = deployment.get("resources") or []
    providers = {resource["urn"]: resource for resource in resources}
    known_ids = {str(resource.get("id")) for resource in resources}
    answers = ask(engine.cli, providers, [(one.provider, question) for one, question in asked])
    for (one, question), ids in zip(asked, answers, strict=True):
        new = [id for id in ids if id not in known_ids]
        if len(new) > 1:
            by_hand.append((one, f"{question.function} finds {', '.join(new)}; delete what is too much"))
        elif new:
            found[one.urn] = ById(new[0])
        else:
            say(f"{one} is not in the cloud: the next up makes it.")
    unknown = []
    for one, command in by_hand:
        told = look(one)
        new = [id for id in told or [] if id not in known_ids]
        if told is None or len(new) > 1:
            unknown.append((one, command))
        elif new:
            found[one.urn] = ById(new[0])
        else:
            say(f"{one} is not in the cloud: the next up makes it.")
    if unknown:
        raise NeedsHand(
            "No provider can tell whether the cloud has made "
            + "; ".join(f"{one}: look by `{command}`" for one, command in unknown)
            + ". Then run `isthmus recover` with --found NAME=ID for what is there, and --absent NAME for "
            "what is not."
        )
    return found


def _resources(exported: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [r for r in (exported.get("deployment") or {}).get("resources") or [] if not r.get("delete")]


__all__ = ["Engine", "Look", "NeedsHand", "recover"]
