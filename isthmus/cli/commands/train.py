"""``isthmus train``: orders in, release out, on this machine and without any cluster."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.orders_folder import OrdersFolder, named_or_sample
from isthmus.cli.orders_options import reads_orders
from isthmus.cli.settings_file import SettingsFile

if TYPE_CHECKING:
    from training.jobs.local.run import Trained
    from training.orders.settings import OrdersSettings


@reads_orders
def train(
    orders: OrdersFolder = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Learn from the days before this one, and evaluate on up to 31 days from it on.",
        ),
    ] = None,
    settings_file: SettingsFile = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that train together; default: 1.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The release directory to write.")] = Path("release"),
    epochs: Annotated[int | None, typer.Option(min=1, max=1000, help="Passes over the orders.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    engine: Annotated[
        str | None, typer.Option(help="What computes the tables: embedded (DuckDB) or spark.")
    ] = None,
    signing_key: Annotated[
        str | None,
        typer.Option(envvar="SIGNING_KEY", help="Sign with this key (base64 Ed25519 seed)."),
    ] = None,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Train a release from a folder of orders: the same code as on a GPU pool, as processes of this machine.

    Stopped and started again, it goes on from the last epoch.

    Example:  isthmus train --orders orders/ --before 2011-09-01 --workers 2 --out release/
    """
    from isthmus.cli.bars import Bars
    from isthmus.cli.console import err
    from isthmus.cli.settings_file import training_settings
    from training.jobs.local import key, run
    from training.jobs.local.customer_ids import CustomerIds
    from training.orders.source import Folder
    from training.transfer.pseudonym import Pseudonyms
    from training.transfer.run import split_days

    source = Folder(named_or_sample(orders), orders_settings)
    settings = training_settings(settings_file, workers=workers, epochs=epochs, seed=seed, engine=engine)
    days = source.days()
    if before is not None:
        settings = run.before(settings, before.date(), days)
        if before.date() > days[-1]:
            err.print(f"no orders are from {before.date()} on, so none are held back to judge the release by")
    first = days[-1] if len(days) > 1 else days[-1] + timedelta(days=1)
    split_days(days, settings, f"name the first day to hold back with --before, such as --before {first}")
    err.print(f"orders: {source.path}")
    with Bars():
        trained = run.train_here(
            source=source,
            settings=settings,
            pseudonyms=Pseudonyms(key.pseudonym_key()),
            work_folder=key.work_folder(),
            out=out,
            signing_key=signing_key,
            register=CustomerIds(),
        )
    _show(trained)


def _show(trained: Trained) -> None:
    from rich.table import Table

    from isthmus.cli.console import out, print_table
    from training.validation.holdout import ALL, NEW

    if trained.table is not None:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("On held-back orders")
        for title in ("recall@20", "NDCG@20", "coverage", "new: recall@20", "NDCG@20"):
            table.add_column(title, justify="right")
        for name, row in trained.table.items():
            every, new = row[ALL], row[NEW]
            table.add_row(
                name,
                f"{every.recall:.3f} ± {every.recall_error:.3f}",
                f"{every.ndcg:.3f}",
                f"{every.coverage:.1%}",
                f"{new.recall:.3f}",
                f"{new.ndcg:.3f}",
            )
        print_table(table)
        scores = next(iter(trained.table.values()))
        out.print(
            f"[dim]{scores[ALL].customers} customers; {scores[NEW].customers} of them bought something new[/]"
        )
    window = trained.manifest.window
    out.print(
        f"\n{trained.release}: {'unchanged, ' if trained.unchanged else ''}{trained.digest}\n"
        f"orders {window.first_day} to {window.last_day} ({window.rows:,} rows), "
        f"{trained.seconds:.0f} s, {trained.peak_mib:.0f} MiB a process at most\n"
        f"Next:  isthmus release show {trained.release}"
    )
