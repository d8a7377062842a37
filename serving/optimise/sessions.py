"""Models as serving opens them, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime

from serving.optimise.stages import Answer, Stage

AT_ONCE = 32
"""Customers in a question: what is measured is answered in batches, as a loaded server does."""


def opened(model: Path) -> Any:
    """A session with one thread on the CPUs, as ``serving/models/onnx`` opens it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def answers(session: Any, stage: Stage, rows: Sequence[int]) -> list[Answer]:
    """What a model answers to some customers of a stage."""
    found: list[Answer] = []
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        found += stage.answers(part, session.run(list(stage.outputs), stage.feeds(part)))
    return found
