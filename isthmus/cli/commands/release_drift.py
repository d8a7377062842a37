"""``isthmus release drift``: whether a release still fits the newest orders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.orders_folder import OrdersFolder, named_or_sample
from isthmus.cli.orders_options import reads_orders

if TYPE_CHECKING:
    from training.operations.drift.decide import Decision
    from training.operations.drift.settings import DriftSettings
    from training.orders.settings import OrdersSettings


@reads_orders
def drift(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    orders: OrdersFolder = None,
    newest: Annotated[
        int | None, typer.Option(min=1, max=366, help="Newest days to look at; default: 14.")
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option(
            "--settings", exists=True, dir_okay=False, help="Take the thresholds of this stack file."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Hold the newest orders against those that a release was made from, and say whether to train anew.

    The same table decides in the estate (training.retrain). Nothing is trained and nothing is written.

    Example:  isthmus release drift release/ --orders orders/
    """
    from rich.table import Table

    from isthmus.cli.bars import Bars
    from isthmus.cli.console import out, print_json, print_table
    from training.jobs.local import key
    from training.operations.drift.decide import COLUMNS, decide
    from training.orders.source import Folder
    from training.release import verify
    from training.release.directory import read_validation
    from training.transfer.pseudonym import Pseudonyms

    verify(release)
    validation = read_validation(release)
    with Bars():
        decision = decide(
            release,
            Folder(named_or_sample(orders), orders_settings),
            Pseudonyms(key.pseudonym_key()),
            validation,
            _thresholds(settings_file, newest),
        )
    if as_json:
        print_json(_plain(decision))
        return
    if decision.drifts:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for number, title in enumerate(COLUMNS):
            table.add_column(title, justify="right" if 0 < number < len(COLUMNS) - 1 else "left")
        for row in decision.rows():
            table.add_row(*row[:-1], f"[yellow]{row[-1]}[/]" if row[-1] else "")
        print_table(table)
    verdict = "[yellow]train[/]" if decision.train else "[green]do not train[/]"
    out.print(f"{verdict}: {decision.why}")


def _plain(decision: Decision) -> dict[str, Any]:
    """The shape of ``--json``; docs/retraining.md tells it."""
    return {
        "train": decision.train,
        "why": decision.why,
        "release": decision.release,
        "ageDays": decision.age_days,
        "drifts": [
            {
                "what": drift.what,
                "then": drift.then,
                "now": drift.now,
                "value": float(drift.value),
                "byChance": float(drift.chance),
                "threshold": float(drift.threshold),
                "crossed": bool(drift.crossed),
            }
            for drift in decision.drifts
        ],
    }


def _thresholds(path: Path | None, newest: int | None) -> DriftSettings:
    """The section ``training.retrain`` of a stack file, with the newest days set by hand."""
    from infra.settings.training import StackRetraining
    from isthmus.cli.settings_file import training_section
    from isthmus.settings.validation import validate

    section = training_section(path).get("retrain") or {}
    settings = validate(StackRetraining, section, str(path), "training.retrain")
    return settings if newest is None else settings.model_copy(update={"newest_days": newest})
