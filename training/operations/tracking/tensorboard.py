"""Scalars and settings as TensorBoard reads them: one event file for each start of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class TensorBoard:
    """Writes an event file in a folder; a run that starts again adds one more, and TensorBoard joins them.

    Args:
        folder: the run's own (a *run* in TensorBoard's list).
        name: name of the run.
        settings: shown as text, and as hyperparameters so that runs can be compared by them.
    """

    def __init__(self, folder: Path, name: str, settings: Mapping[str, Any]) -> None:
        from tensorboard.plugins.hparams.summary import session_start_pb
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._writer = EventFileWriter(str(folder))
        flat_settings = flat(settings)
        self._add(0, session_start_pb(hparams=flat_settings, group_name=name))
        text = json.dumps(settings, indent=1, sort_keys=True)
        indented = "\n".join("    " + line for line in text.splitlines())  # Markdown: shown as it is
        self._add(0, text_pb("settings", indented))
        self._writer.flush()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write values at a step; they are on the disk when this returns."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._add(
            step, Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        )
        self._writer.flush()

    def close(self) -> None:
        """End the event file."""
        self._writer.close()

    def _add(self, step: int, summary: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        # The same message is TensorFlow's class or TensorBoard's, by whether TensorFlow is imported.
        copy = Summary.FromString(summary.SerializeToString())
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=copy))


def flat(settings: Mapping[str, Any], under: str = "") -> dict[str, bool | float | str]:
    """Nested settings by dotted keys; what is no number, text or bool becomes text."""
    flattened: dict[str, bool | float | str] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flattened |= flat(value, f"{under}{key}.")
        elif value is not None:
            is_plain = isinstance(value, bool | int | float | str)
            flattened[under + key] = value if is_plain else json.dumps(value)
    return flattened


def read_scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Scalars by tag and step, from all event files of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    scalars: dict[str, dict[int, float]] = {}
    for tag in events.Tags()["scalars"]:
        scalars[tag] = {event.step: event.value for event in events.Scalars(tag)}
    return scalars
