"""Weights & Biases: off unless TRACK=wandb; into a folder unless WANDB_API_KEY is set.

Without that key no byte leaves the machine: not even a key in ``~/.netrc`` is used, and the library's own
error reports are off. ``wandb sync FOLDER`` sends such a run later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal

from training.errors import TrainingError

TRACK, API_KEY, MODE = "TRACK", "WANDB_API_KEY", "WANDB_MODE"
Mode = Literal["online", "offline", "disabled"]
MODES: tuple[Mode, ...] = ("online", "offline", "disabled")


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether TRACK asks for Weights & Biases.

    Raises:
        TrainingError: when TRACK is something else than ``wandb`` or nothing.
    """
    tracker = environment.get(TRACK, "")
    if tracker not in ("", "wandb"):
        raise TrainingError(
            f"{TRACK} is {tracker!r}; allowed is wandb, or nothing (TensorBoard is always on)"
        )
    return tracker == "wandb"


def mode_of(environment: Mapping[str, str]) -> Mode:
    """``offline`` without a key, whatever WANDB_MODE says; with one, what it says, else ``online``.

    Raises:
        TrainingError: when WANDB_MODE is none of the modes.
    """
    wanted = environment.get(MODE) or "online"
    for mode in MODES:
        if mode == wanted:
            return mode if environment.get(API_KEY) or mode == "disabled" else "offline"
    raise TrainingError(f"{MODE} is {wanted!r}; allowed are {', '.join(MODES)}")


def prepare(environment: MutableMapping[str, str]) -> Mode:
    """Set what the library reads when it is imported; returns the mode."""
    mode = mode_of(environment)
    environment[MODE] = mode
    environment.setdefault("WANDB_SILENT", "true")
    if mode != "online":
        environment["WANDB_ERROR_REPORTING"] = "false"
    return mode


class WeightsAndBiases:
    """One run; the arguments are those of ``training.operations.tracking.tensorboard.TensorBoard``."""

    def __init__(self, folder: Path, name: str, settings: Mapping[str, Any]) -> None:
        mode = prepare(os.environ)
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or "isthmus",
            name=name,
            config=dict(settings),
            dir=str(folder),
            mode=mode,
            save_code=False,
            # Neither the machine's state, nor the repository, nor what is printed is needed to repeat a run.
            settings=wandb.Settings(
                silent=True, console="off", disable_git=True, x_disable_stats=True, x_disable_meta=True
            ),
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log values at a step."""
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()
