"""``isthmus release optimise``: smaller and faster variants of a release, measured, and one chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from isthmus.cli.orders_options import reads_orders

if TYPE_CHECKING:
    from serving.optimise.record import Optimised
    from serving.optimise.rows import Measured
    from training.orders.settings import OrdersSettings
    from training.release import Manifest

LONGEST_HELD_BACK = 31


@reads_orders
def optimise(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    orders: Annotated[
        Path | None,
        typer.Option(
            help="Judge by what customers bought in this folder after the release's window; absent: by how "
            "much of the original's 20 products a variant gives.",
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=366, help="Most days after its window to judge by.")
    ] = LONGEST_HELD_BACK,
    max_loss: Annotated[
        float,
        typer.Option(min=0, max=100, help="Most of the original's recall that may be lost, in percent."),
    ] = 0.5,
    best: Annotated[
        Literal["smallest", "fastest"], typer.Option(help="What of the rest is chosen.")
    ] = "smallest",
    certain: Annotated[
        bool, typer.Option("--certain", help="The worse end of the loss's 95 % interval must hold it, too.")
    ] = False,
    customers: Annotated[int, typer.Option(min=1, help="Most customers whose answers are compared.")] = 1000,
    turns: Annotated[
        int, typer.Option(min=2, help="Questions that are timed; of 32 customers half as many.")
    ] = 200,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; absent: RELEASE-optimised beside the release.")
    ] = None,
    signing_key: Annotated[
        str | None,
        typer.Option(envvar="SIGNING_KEY", help="Sign the table with this key (base64 Ed25519 seed)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Make smaller and faster variants of a release's models, measure each, and choose one of each by a rule.

    The table and the chosen models are written beside the release, which is left as it is. What could not be
    measured here is listed with the reason, and not chosen.

    Example:  isthmus release optimise release/ --orders orders/ --max-loss 0.5
    """
    from isthmus.atomic_files import refuse_other_folder
    from isthmus.cli.bars import Bars
    from isthmus.cli.console import out as stdout
    from isthmus.cli.console import print_json
    from serving.optimise.choice import Rule
    from serving.optimise.record import RECORD
    from serving.optimise.run import WHAT, Effort
    from serving.optimise.run import optimise as run
    from training.release import verify

    placed = release if release.name else release.absolute()
    beside = out or placed.with_name(f"{placed.name}-optimised")
    refuse_other_folder(beside, RECORD, WHAT)
    manifest = verify(release)
    rule = Rule(best=best, max_loss=max_loss / 100, certain=certain)
    with Bars(logger="serving"):
        made = run(
            release,
            manifest,
            beside,
            rule,
            _bought(release, manifest, orders, orders_settings, days) if orders else None,
            Effort(customers=customers, turns=turns),
            signing_key,
        )
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    _show(made)
    stdout.print(f"\n{beside / RECORD}", markup=False)


def _bought(
    release: Path, manifest: Manifest, orders: Path, settings: OrdersSettings, days: int
) -> dict[str, set[str]]:
    """Pseudonym -> codes of the products bought in the days after a release's window.

    Raises:
        TrainingError: when there are no such days.
    """
    from isthmus.cli.release_key import fitting
    from training.jobs.local import key
    from training.orders.source import Folder
    from training.transfer.pseudonym import Pseudonyms
    from training.validation.load_window import read_holdout

    pseudonyms = fitting(Pseudonyms(key.pseudonym_key()), manifest.pseudonym_key)
    purchases = read_holdout(Folder(orders, settings), pseudonyms, release, days)
    return {str(name): set(map(str, codes)) for name, codes in purchases.groupby("customer")["stock_code"]}


def _show(made: Optimised) -> None:
    from rich.markup import escape
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    for variants in made.tables:
        judged = "recall@20" if variants.judged_by == "purchases" else "overlap@20"
        out.print(f"\n[bold]{variants.stage}[/] ({variants.file}), {variants.customers:,} customers")
        table = Table(box=None, pad_edge=False, header_style="dim")
        titles = (
            "Bytes",
            "of fp32",
            judged,
            "lost %",
            "95 %",
            "scores differ",
            "mean",
            "1: ms",
            "p99",
            "32: ms",
        )
        table.add_column("Variant")
        for title in (*titles, "p99", "faster"):
            table.add_column(title, justify="right")
        table.add_column("")
        whole = next(row.measured for row in variants.rows if row.measured)
        for row in variants.rows:
            chosen = row.variant == variants.chosen
            name = f"[green]{escape(row.variant)}[/]" if chosen else escape(row.variant)
            if row.measured is None:
                table.add_row(name, *[""] * 12, f"[dim]unmeasured: {escape(row.unmeasured or '')}[/]")
                continue
            note = (
                "[green]chosen[/]"
                if chosen
                else ""
                if made.rule.allows(row.measured)
                else "[dim]loses more[/]"
            )
            table.add_row(name, *_cells(row.measured, whole), note)
        print_table(table)
    out.print(f"\nrule: {made.rule}", markup=False)
    machine = made.machine
    out.print(
        f"{made.measured_at}, {machine.processor}, {machine.cores} cores, load {machine.load}; one thread",
        style="dim",
        markup=False,
    )


def _cells(measured: Measured, whole: Measured) -> tuple[str, ...]:
    quality, one, many = measured.quality, measured.batch_1, measured.batch_32
    low, high = quality.loss_interval
    return (
        f"{measured.bytes:,}",
        f"{measured.bytes / whole.bytes:.2f}",
        f"{quality.recall:.4f}",
        f"{100 * quality.loss:.2f}",
        f"{100 * low:.2f} to {100 * high:.2f}",
        f"{quality.largest_difference:.2g}",
        f"{quality.mean_difference:.2g}",
        f"{one.median_ms:.3f}",
        f"{one.p99_ms:.3f}",
        f"{many.median_ms:.2f}",
        f"{many.p99_ms:.2f}",
        f"{whole.batch_32.median_ms / many.median_ms:.2f}",
    )
