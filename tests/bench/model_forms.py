"""The forms of the model beside each other: speed, memory, and recall@20 on the days held back.

    python -m tests.bench.model_forms                                        # the sample
    python -m tests.bench.model_forms --orders FOLDER --before 2011-08-01    # August, from the months before

Each form trains in a process of its own, with the settings of `isthmus train` but for what it is named by.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tests.training.shops import SAMPLE
from training.jobs.local.run import before
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import ModelSettings, TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

LARGE: dict[str, Any] = {"history": "transformer"}
FORMS: dict[str, dict[str, Any]] = {
    "bag, softmax over all": {},
    "the same, padded, XLA": {"xla": True},
    "time features": {"time_features": True},
    "sampled softmax, 1024 products": {"loss": "sampled_softmax"},
    "rating": {"loss": "rating"},
    "transformer": LARGE,
    "transformer, 4 pieces": {**LARGE, "accumulate": 4},
    "transformer, bfloat16": {**LARGE, "precision": "mixed_bfloat16"},
    "transformer, pre-trained": {**LARGE, "pretrain_epochs": 4},
    "transformer, pre-trained, adapters": {**LARGE, "pretrain_epochs": 4, "adapter_rank": 16},
}
MODULE = "tests.bench.model_forms"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    orders: Annotated[Path, typer.Option(help="Folder of by-day orders.")] = SAMPLE,
    before_day: Annotated[datetime | None, typer.Option("--before", formats=["%Y-%m-%d"])] = None,
    form: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
) -> None:
    """Train every form, and print a row of each."""
    source, settings = Folder(orders), TrainingSettings()
    if before_day is not None:
        settings = before(settings, before_day.date(), source.days())
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        work = Workspace.of(source.url, Path(folder))
        transfer(
            source,
            Pseudonyms("the key of a benchmark"),
            settings,
            work.arrivals,
            work.private,
        )
        print("| form | weights | examples/s | MiB | recall@20 |\n|---|---|---|---|---|")
        for name in form or FORMS:
            asked = settings.model_copy(update={"model": ModelSettings(**FORMS[name])})
            ran = subprocess.run(
                [sys.executable, "-m", MODULE, "one", str(work.folder), asked.model_dump_json()],
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode:
                raise SystemExit(f"{name}: {ran.stderr[-2000:]}")
            measured = json.loads(ran.stdout.splitlines()[-1])
            row = (name, f"{measured['weights']:,}", f"{measured['speed']:.0f}", f"{measured['mib']:.0f}")
            print(f"| {' | '.join(row)} | {measured['recall']:.3f} |", flush=True)


def measure_one(folder: Path, text: str) -> None:
    """Train one form; prints what was measured as JSON."""
    from training.fit.checkpoint import FolderObjects
    from training.fit.cluster import ALONE, prepare
    from training.fit.run import fit
    from training.operations.tuning.objective import HeldBackRecall
    from training.settings import parse

    prepare(os.environ, ALONE)
    import pandas as pd

    settings, work = parse(text), Workspace(folder)
    data = work.training_data(settings)
    held_back = work.manifest(held_back=True).batches
    recall = HeldBackRecall(
        data, pd.concat([from_parquet(work.private.batch(batch)) for batch in held_back], ignore_index=True)
    )
    speeds: list[float] = []
    with tempfile.TemporaryDirectory() as checkpoints:
        model, _ = fit(
            data,
            ALONE,
            FolderObjects(Path(checkpoints) / "checkpoints"),
            after_epoch=lambda epoch: speeds.append(epoch.examples_per_second),
        )
    measured = {
        "weights": sum(int(variable.numpy().size) for variable in model.trainable_variables),
        "speed": max(speeds),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "recall": recall(model),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        measure_one(Path(sys.argv[2]), sys.argv[3])
    else:
        app()
