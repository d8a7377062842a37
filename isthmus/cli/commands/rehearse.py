"""``isthmus rehearse``: from a clone to recommendations, on this machine."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.orders_options import replaces_orders

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings

SHOWN = 3
TOP = 5


@replaces_orders
def rehearse(
    orders: Annotated[
        Path | None,
        typer.Option(
            help="Folder of by-day order files, such as all ten months; the sample in the project otherwise.",
            envvar="ISTHMUS_ORDERS",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Rehearse the whole estate on this machine: pulumi up, training, Triton, recommendations.

    Everything that stands in for a cloud says so; see docs/rehearsal.md. What is up already is kept, so
    the second time is quick, and a run that was interrupted goes on where it stopped.

    Example:  isthmus rehearse
    """
    from isthmus.cli.commands.recommend import recommend
    from isthmus.cli.console import err, out, print_table
    from isthmus.cli.engine_progress import Narration
    from isthmus.cli.sample_customers import sample_customers
    from isthmus.cli.stages import Stages
    from rehearsal.estate import Estate
    from rehearsal.orders import order_files

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    stages = Stages(err)
    with stages.stage("engine", "the Pulumi engine and the plugins that stand in for the clouds") as stage:
        stage.note = str(estate.install_for_up()).split(", with ")[0]
    if lost := estate.lost():
        err.print(f"{lost}: rebuilding the estate from nothing.", style="yellow")
        estate.wipe()
    with ExitStack() as beside:
        with stages.stage("orders", "the company's orders, in its private object store") as stage:
            seeded = beside.enter_context(estate.given(orders))
            stage.note = f"{seeded.put + seeded.kept} days of orders, {seeded.bytes / 2**20:.1f} MiB"
        with (
            stages.stage("estate", "pulumi up -s local: both sites, the link, training, Triton") as stage,
            Narration("pulumi up", err) as narration,
        ):
            overrides = orders_settings.model_dump(mode="json", exclude_unset=True)
            result = estate.up(narration.take, orders=seeded, written=overrides)
            stage.note = str(result)
            stage.parts = narration.milestones
    with stages.stage("answers", "the real tritonserver, asked for three customers"):
        customers = sample_customers(order_files(estate.orders(orders)), SHOWN, estate.settings.orders)
        out.print()
        recommend(customers, top=TOP)
    out.print()
    print_table(stages.table())
    out.print(_next(customers[0]))


def _next(customer: str) -> str:
    return f"""
[bold]Next[/]
  isthmus recommend {customer} --only-new       what this customer has not bought yet
  isthmus recommend 99999                 a customer that nobody knows
  isthmus status                          what runs on either site, and what stands in for it
  isthmus preview prod                    the production estate, with no credentials
  eval "$(isthmus env)" && pulumi preview -s local --diff      plain pulumi, inside the rehearsal
  make down                               end all of it
[dim]isthmus is in .venv/bin: source .venv/bin/activate[/]"""
