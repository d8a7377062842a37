"""``isthmus transfer``: orders to where they may be used, without whom they are of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.orders_options import replaces_orders

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings
    from training.settings import Transfer
    from training.transfer.bucket import BatchBucket
    from training.transfer.run import Transferred

_RATE = re.compile(r"(\d+(?:\.\d+)?)([kMG]?)")
_TIMES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


@replaces_orders
def transfer(
    to: Annotated[str, typer.Option(help="Folder or s3://BUCKET that may learn from the orders.")],
    orders: Annotated[
        str | None,
        typer.Option(
            envvar="ISTHMUS_ORDERS",
            help="Folder of by-day files, s3://BUCKET/PREFIX/, or the URL of a database "
            "(docs/transfer.md); default: the month in data/.",
        ),
    ] = None,
    private: Annotated[
        str | None,
        typer.Option(
            help="Folder or s3://BUCKET of the private store, for held-back days and rejected rows; "
            "default: a folder of this user's."
        ),
    ] = None,
    hold_back_days: Annotated[
        int | None, typer.Option(min=0, max=90, help="Last days that do not leave.")
    ] = None,
    bandwidth: Annotated[
        str | None, typer.Option(help="Most bytes a second, such as 500k, 20M or 1G.")
    ] = None,
    withhold_texts: Annotated[
        bool,
        typer.Option(
            "--withhold-texts",
            help="Send products whose text names a customer or an invoice without it; else nothing is sent.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, rejected and held back; send nothing.")
    ] = False,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Clean orders, replace customers and invoices by keyed pseudonyms, and send what is not there yet.

    Stopped and started again, it goes on from the part of the file at which it was.

    Example:  isthmus transfer --orders orders/ --to s3://acme-arrivals --bandwidth 20M --dry-run
    """
    import os

    from isthmus.cli.bars import Bars
    from isthmus.cli.orders_folder import named_or_sample
    from training.jobs.local import key
    from training.operations.workspace import Workspace
    from training.orders.source import open_source
    from training.settings import TrainingSettings, Transfer
    from training.transfer.pseudonym import Pseudonyms
    from training.transfer.run import split_days, transfer

    where = orders if orders is not None else str(named_or_sample(None))
    source = open_source(where, os.environ, orders_settings)
    limits = Transfer(bytes_per_second=_rate(bandwidth), withhold_texts=withhold_texts)
    near = Transfer()
    settings = TrainingSettings(transfer=limits)
    if hold_back_days is not None:
        settings = settings.model_copy(update={"hold_back_days": hold_back_days})
    split_days(source.days(), settings, "hold back fewer with --hold-back-days")
    arrivals = _place(to, limits, near_by=False)
    private_bucket = _place(
        private or str(Workspace.of(source.url, key.work_folder()).private.folder), near, near_by=True
    )
    # Nothing leaves in a dry run, so no bytes are counted.
    with Bars("" if dry_run else "left") as bars:
        done = transfer(
            source=source,
            pseudonyms=Pseudonyms(key.pseudonym_key()),
            settings=settings,
            arrivals=arrivals,
            private=private_bucket,
            dry_run=dry_run,
            progress=bars.left,
        )
    _show(done, to, dry_run)


def _rate(text: str | None) -> int | None:
    """Bytes a second of ``20M``."""
    if text is None:
        return None
    found = _RATE.fullmatch(text)
    rate = int(float(found[1]) * _TIMES[found[2]]) if found else 0
    if rate < 1024:
        raise typer.BadParameter(
            f"--bandwidth is {text}, but needs to be bytes a second of at least 1024, such as 500k, 20M or 1G"
        )
    return rate


def _place(where: str, limits: Transfer, near_by: bool) -> BatchBucket:
    """A folder, or a bucket: AWS's, or with ``near_by`` one of the private store."""
    import os
    from urllib.parse import unquote, urlsplit

    from isthmus.cli.errors import CommandError
    from isthmus.object_store import aws_client, client_for_orders
    from isthmus.outputs import refuse_as_folder
    from training.transfer.bucket import BatchBucket
    from training.transfer.folder import BatchFolder
    from training.transfer.upload_limits import UploadLimits

    parts = urlsplit(where)
    if parts.scheme in ("", "file") and not parts.netloc and (folder := unquote(parts.path)):
        refuse_as_folder(Path(folder if parts.scheme else where), "name another folder or s3://BUCKET")
        return BatchFolder(
            Path(folder if parts.scheme else where), takes_away=True, limits=UploadLimits(limits)
        )
    if parts.scheme != "s3" or not parts.netloc or parts.path.strip("/"):
        raise CommandError(f"orders cannot be sent to {where}; name a folder or s3://BUCKET")
    client = client_for_orders(os.environ) if near_by else aws_client()
    return BatchBucket(parts.netloc, client, server_checksums=not near_by, limits=UploadLimits(limits))


def _show(done: Transferred, to: str, dry_run: bool) -> None:
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Would do" if dry_run else "Done")
    for title in ("days", "rows", "bytes"):
        table.add_column(title, justify="right")
    for name, manifest in (
        ("for learning", done.arrivals),
        ("held back, stays private", done.held_back),
        ("rejected, stays private", done.rejected),
    ):
        rows, size = (sum(getattr(batch, what) for batch in manifest.batches) for what in ("rows", "size"))
        table.add_row(name, str(len(manifest.batches)), f"{rows:,}", f"{size:,}")
    print_table(table)
    reasons = {name: n for name, n in done.rejected.cleaning.items() if n}
    for reason, n in sorted(reasons.items(), key=lambda each: -each[1]):
        out.print(f"[dim]  {n:>9,} {reason.replace('_', ' ')}[/]")
    verb = "would be sent" if dry_run else "sent"
    out.print(
        f"\n{to}: {done.sent} batches {verb} ({done.bytes_sent:,} bytes), {done.skipped} were there, "
        f"{done.taken_away} {'would be ' if dry_run else ''}taken away; key {done.arrivals.key_id}, "
        f"{done.arrivals.digest}"
    )
    if dry_run:
        out.print("A dry run sends nothing; without --dry-run the command would send these batches.")
