"""``isthmus release judge``: what the validation job would say of a release, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.orders_folder import OrdersFolder, named_or_sample
from isthmus.cli.orders_options import reads_orders

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings
    from training.settings import Gates

LONGEST_HELD_BACK = 31


@reads_orders
def judge(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    orders: OrdersFolder = None,
    days: Annotated[
        int, typer.Option(min=1, max=366, help="Most days after those it learned from to judge it on.")
    ] = LONGEST_HELD_BACK,
    in_service: Annotated[
        Path | None, typer.Option(help="The release directory that it would replace.")
    ] = None,
    gates: Annotated[
        Path | None, typer.Option("--gates", help="Take the gates of this stack file; absent: the defaults.")
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            help="Set one gate, such as min_coverage=0.1; as often as you like.", metavar="NAME=VALUE"
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder of the report; absent: RELEASE-report beside the release.")
    ] = None,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Judge a release on orders it has not seen, beside baselines, by the gates of the validation job.

    The report is written, the release is left as it is. Exit status 77 where a gate refuses it.

    Example:  isthmus release judge release/ --in-service older/ --gate min_recall_ratio_to_best_baseline=1
    """
    from isthmus.cli.bars import Bars
    from isthmus.cli.console import err, out
    from isthmus.exit_codes import EXIT_REFUSED
    from isthmus.outputs import refuse_as_folder
    from training.jobs.local import key
    from training.orders.source import Folder
    from training.release import verify
    from training.transfer.pseudonym import Pseudonyms
    from training.validation.load_window import read_holdout, read_window
    from training.validation.report import HTML
    from training.validation.validate_release import validate_release

    chosen_gates = _gates(gates, gate or [])
    placed = release if release.name else release.absolute()
    beside = report or placed.with_name(f"{placed.name}-report")
    refuse_as_folder(beside, "name another folder with --report")
    source = Folder(named_or_sample(orders), orders_settings)
    manifest = verify(release)
    if in_service is not None:
        verify(in_service)
    pseudonyms = Pseudonyms(key.pseudonym_key())
    err.print(f"orders: {source.path}", style="dim", markup=False)
    with Bars():
        judged = validate_release(
            release=release,
            manifest=manifest,
            holdout=read_holdout(source, pseudonyms, release, days),
            interactions=read_window(source, pseudonyms, release),
            gates=chosen_gates,
            in_service=in_service,
        )
    for line in judged.lines():
        style = {"missed": "bold red", "off": "dim"}.get(line.split(" ", 1)[0])
        out.print(line, style=style, markup=False)
    judged.report.write(beside)
    out.print(f"\nreport: {beside / HTML}", markup=False)
    if not judged.refusals:
        out.print("[green]passed[/] " + manifest.digest())
        return
    err.print(f"[bold red]isthmus:[/] {manifest.digest()} is refused")
    for sentence in judged.refusals:
        err.print(sentence, markup=False)
    raise typer.Exit(EXIT_REFUSED)


def _gates(stack_file: Path | None, gate: list[str]) -> Gates:
    """The gates of a stack file, with some set by hand.

    Raises:
        CommandError: a gate that has no value.
        SettingsError: naming the gate, the value and what is allowed.
    """
    import json

    from infra.settings import read, stack_of
    from isthmus.cli.errors import CommandError
    from isthmus.settings.validation import validate
    from training.settings import Gates

    values: dict[str, object] = {}
    if stack_file is not None:
        values = read(stack_file, stack_of(stack_file)).training.gates.model_dump()
    for name_and_value in gate:
        name, _, value = (part.strip() for part in name_and_value.partition("="))
        if not value:
            raise CommandError(f"--gate {name} has no value; write it as in --gate min_coverage=0.1")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return validate(Gates, values, "--gate", "")
