"""A canary needs who brings it, who measures it, and time to be measured."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from infra.settings.model import Settings
from infra.settings.platform import Part
from infra.settings.rollout import LEAST_JUDGED_SECONDS
from isthmus.settings.errors import Problem

_NEEDS: dict[Part, str] = {
    "rollouts": "which brings a canary and takes it back",
    "monitoring": "whose Prometheus says how a canary answers",
}


def rollout(settings: Settings) -> Iterator[Problem]:
    """Problems of a canary."""
    serving, rollout = settings.serving, settings.serving.rollout
    if not serving.enabled or rollout.strategy != "canary":
        return
    for part, why in _NEEDS.items():
        if part not in settings.platform.runs:
            yield Problem(
                "serving.rollout.strategy",
                f"is canary, and platform.runs has no {part}, {why}: add it, or write rolling",
            )
    weights = [step.weight for step in rollout.steps]
    for number, (before, after) in enumerate(pairwise(weights), start=1):
        if after <= before:
            yield Problem(
                f"serving.rollout.steps[{number}].weight",
                f"is {after}, and the step before it has {before}: each step has a larger share",
            )
    judged = sum(step.pause_seconds for step in rollout.steps)
    if judged < LEAST_JUDGED_SECONDS:
        yield Problem(
            "serving.rollout.steps",
            f"pause {judged} seconds together, in which no canary is found to fail: make it "
            f"{LEAST_JUDGED_SECONDS} or more",
        )
