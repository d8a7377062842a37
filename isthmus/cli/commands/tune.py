"""``isthmus tune``: search for better settings of the training."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.orders_folder import OrdersFolder, named_or_sample
from isthmus.cli.orders_options import reads_orders
from isthmus.cli.releases_bucket import ReleasesBucket, store_of
from isthmus.cli.settings_file import SettingsFile

if TYPE_CHECKING:
    from training.operations.tuning.run import Tuned
    from training.orders.settings import OrdersSettings


@reads_orders
def tune(
    orders: OrdersFolder = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Use the days before this one only; default: those that `isthmus train` learns from.",
        ),
    ] = None,
    settings_file: SettingsFile = None,
    trials: Annotated[
        int, typer.Option(min=1, max=10_000, help="Trials in all, earlier ones included.")
    ] = 20,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Trials at a time; each uses one core.")] = 1,
    held_back: Annotated[
        int | None,
        typer.Option(
            min=1, max=90, help="Days to tune on, the last before --before; default: a quarter, at most 31."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=1000, help="Most epochs of a trial.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    out: Annotated[Path, typer.Option(help="The file to write the best settings to.")] = Path("tuned.yaml"),
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Run nothing: bring what the estate's tuning has found so far.")
    ] = False,
    bucket: ReleasesBucket = None,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Search for better training settings by recall@20 on the last days before those that are reported on.

    Killed and started again, the same command goes on with the study. Bad trials are pruned early.

    Example:  isthmus tune --orders orders/ --before 2011-09-01 --trials 40 --parallel 2 --out tuned.yaml
    """
    from isthmus.cli.bars import Bars
    from isthmus.cli.console import err
    from isthmus.cli.settings_file import training_settings
    from training.jobs.local import key
    from training.operations.tuning.ranges import Ranges
    from training.operations.tuning.run import for_tuning, tune_here
    from training.orders.source import Folder
    from training.transfer.pseudonym import Pseudonyms

    if fetch:
        _fetch(bucket, out)
        return
    source = Folder(named_or_sample(orders), orders_settings)
    base = training_settings(settings_file, seed=seed)
    ranges = Ranges() if epochs is None else Ranges(epochs=epochs)
    settings = for_tuning(base, source.days(), before.date() if before else None, held_back)
    err.print(f"orders: {source.path}, none after {settings.window.last_day}")
    with Bars(logger="training.operations.tuning") as bars:
        bars.move("trials", 0, trials)
        tuned = tune_here(
            source=source,
            settings=settings,
            pseudonyms=Pseudonyms(key.pseudonym_key()),
            work_folder=key.work_folder(),
            out=out,
            trials=trials,
            parallel=parallel,
            ranges=ranges,
            moved=lambda done: bars.move("trials", done, trials),
        )
    _show(tuned, out)


def _fetch(bucket: str | None, path: Path) -> None:
    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from isthmus.object_store import Bucket
    from training.operations.tuning.best_file import refuse_other_file
    from training.operations.tuning.shared import BEST

    refuse_other_file(path)
    store = store_of(bucket)
    content = Bucket(store.bucket, store.client, "tuning/").get(BEST)
    if content is None:
        raise CommandError(
            f"s3://{store.bucket}/tuning/{BEST} is not there: training.tuning is off, or no trial has ended"
        )
    atomic_write(path, content)
    out.print(f"{path}: what s3://{store.bucket}/tuning/{BEST} says")


def _show(tuned: Tuned, path: Path) -> None:
    from rich.markup import escape
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Trial", justify="right")
    table.add_column("State")
    names = list(tuned.study.ranges.searched())
    for title in ("recall@20", "epochs", *names):
        table.add_column(title, justify="right")
    table.add_column("")
    best_first = sorted(
        tuned.rows, key=lambda row: (row.state != "complete", -(row.recall or 0.0), row.number)
    )
    for row in best_first:
        note = row.reason or (f"retry of {row.retry_of}" if row.retry_of is not None else "")
        if row.number == 0 and not note:
            note = "the defaults"
        table.add_row(
            str(row.number),
            "[green]best[/]" if row.number == tuned.best.number else row.state,
            f"{row.recall:.4f}" if row.recall is not None else "",
            str(row.epochs or ""),
            *(f"{row.parameters[name]:g}" if name in row.parameters else "" for name in names),
            f"[dim]{escape(note)}[/]",
        )
    print_table(table)
    first, last = tuned.tuned_on
    out.print(
        f"\nrecall@20 is on the orders of {first} to {last}, so a little flattering: report on later days.\n"
        f"{path}: the best settings, in the form of a stack file's section isthmus:training\n"
        f"Next:  isthmus train --settings {path}; to keep them, put its keys into stacks/Pulumi.STACK.yaml,\n"
        f"       run `isthmus settings check`, open a PR;\n"
        f"       curves: tensorboard --logdir {tuned.study.folder}"
    )
