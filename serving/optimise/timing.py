"""Latency of models side by side: each turn asks all of them the same, so a busy moment hits all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.optimise.stages import Stage


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one question: median and 99th percentile, of so many turns."""

    median_ms: float
    p99_ms: float
    turns: int


def time_by_turns(
    sessions: Mapping[str, Any], stage: Stage, rows: Sequence[int], batch: int, turns: int
) -> dict[str, Latency]:
    """The latency of each session at a batch, in this process.

    Args:
        sessions: by name.
        stage: whose questions are asked.
        rows: customers to ask for, over and over.
        batch: customers in a question.
        turns: how often each session is asked. Who begins a turn changes.
    """
    names = list(sessions)
    taken: dict[str, list[float]] = {name: [] for name in names}
    outputs = list(stage.outputs)
    for turn in range(turns):
        feeds = stage.feeds([rows[(turn * batch + place) % len(rows)] for place in range(batch)])
        if turn == 0:
            for session in sessions.values():
                session.run(outputs, feeds)
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            begun = time.perf_counter()
            sessions[name].run(outputs, feeds)
            taken[name].append(1000 * (time.perf_counter() - begun))
    return {
        name: Latency(float(np.median(each)), float(np.quantile(each, 0.99)), turns)
        for name, each in taken.items()
    }
