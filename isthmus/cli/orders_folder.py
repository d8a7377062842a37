"""The orders that a command of the training reads: a folder that the user names, else the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SAMPLE = Path("data") / "online-retail" / "by-day"

OrdersFolder = Annotated[
    Path | None,
    typer.Option(
        envvar="ISTHMUS_ORDERS",
        help="Folder of by-day files such as 2011-09-01.csv.gz; default: the month in data/.",
    ),
]


def named_or_sample(orders: Path | None) -> Path:
    """The folder that was named, else the sample of the project around this folder.

    Raises:
        CommandError: when none was named and there is no sample here or above.
    """
    from isthmus.cli.errors import CommandError

    if orders is not None:
        return orders
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / SAMPLE).is_dir():
            return folder / SAMPLE
    raise CommandError(
        f"there is no {SAMPLE} here or above; name a folder of orders with --orders or $ISTHMUS_ORDERS"
    )
