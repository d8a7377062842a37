"""``isthmus release``: list, show and verify releases, in a directory or in the estate's bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.orders_options import reads_orders
from isthmus.cli.releases_bucket import ReleasesBucket, store_of

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings
    from training.release import Manifest, Signature, Window

app = typer.Typer(
    name="release",
    help="What releases there are, what is in one, and whether it is what was made and signed.",
    no_args_is_help=True,
)

_SHOWN_ELSEWHERE = ("code", "features", "pseudonym_key")
"""Entries of a manifest's versions that are digests, or have a line of their own."""
Which = Annotated[str, typer.Argument(help="A release directory, or a digest sha256:... in the bucket.")]


AsJson = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]


@app.command("list")
def list_(bucket: ReleasesBucket = None, as_json: AsJson = False) -> None:
    """List the releases of the estate's bucket: which is in service, who signed which.

    Example:  eval "$(isthmus env)" && isthmus release list
    """
    from rich.table import Table

    from isthmus.cli.console import out, print_json, print_table

    store = store_of(bucket)
    latest = (store.latest() or {}).get("digest")
    found = [
        (digest, store.manifest(digest), store.signature(digest), store.validation(digest))
        for digest in store.digests()
    ]
    if as_json:
        print_json(
            {
                "bucket": store.bucket,
                "inService": latest,
                "releases": [
                    _plain(manifest, signature, validation) for _, manifest, signature, validation in found
                ],
            }
        )
        return
    if not found:
        out.print(f"s3://{store.bucket} holds no release yet; `isthmus rehearse` or a training job makes one")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "Digest", "Orders until", "recall@20", "Signed"):
        table.add_column(title)
    for digest, manifest, signature, validation in found:
        table.add_row(
            "[green]in service[/]" if digest == latest else "",
            digest,
            str(manifest.window.last_day),
            _recall(validation),
            f"{signature.signed_at} by {signature.keyid}" if signature else "[yellow]no[/]",
        )
    print_table(table)


@app.command()
def show(release: Which, bucket: ReleasesBucket = None, as_json: AsJson = False) -> None:
    """Show what a release was made from, how good it is, and its files.

    Example:  isthmus release show release/
    """
    from rich.table import Table

    from isthmus.cli.console import out, print_json, print_table

    manifest, signature, validation = _find(release, bucket)
    if as_json:
        print_json(
            _plain(manifest, signature, validation)
            | {"manifest": manifest.model_dump(mode="json"), "validation": validation}
        )
        return
    window, model = manifest.window, manifest.model
    rows = {
        "digest": manifest.digest(),
        "orders": f"{window.first_day} to {window.last_day}, {window.days} days, {window.rows:,} rows",
        "left out": ", ".join(
            f"{count:,} {reason.replace('_', ' ')}"
            for reason, count in manifest.cleaning.items()
            if reason not in ("read", "kept") and count
        ),
        "model": f"{model.items:,} products, {model.parameters:,} parameters, top {model.top_k}",
        "export": f"ONNX opset {model.opset}, within {model.max_abs_difference:.1e} of Keras",
        "loss": f"{manifest.metrics['loss_first_epoch']:.3f} -> {manifest.metrics['loss_last_epoch']:.3f}",
        "recall@20": _recall(validation) or "not validated",
        "signed": f"{signature.signed_at} by key {signature.keyid}" if signature else "no",
        "customers": f"named with key {manifest.pseudonym_key or 'of unknown id'}",
        "versions": ", ".join(
            f"{name} {version}" for name, version in manifest.versions.items() if name not in _SHOWN_ELSEWHERE
        ),
    }
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        facts.add_row(f"[dim]{name}[/]", value)
    print_table(facts)
    out.print()
    files = Table(box=None, pad_edge=False, header_style="dim")
    files.add_column("File")
    files.add_column("Bytes", justify="right")
    files.add_column("SHA-256")
    for file in manifest.files:
        files.add_row(file.path, f"{file.size:,}", file.sha256)
    print_table(files)


@app.command()
def verify(
    release: Which,
    bucket: ReleasesBucket = None,
    trusted_keys: Annotated[
        str | None,
        typer.Option(envvar="TRUSTED_KEYS", help="Base64 public keys, comma-separated: who may have signed."),
    ] = None,
) -> None:
    """Check every file of a release against its digest, and its signature when trusted keys are given.

    Example:  isthmus release verify release/
    """
    import tempfile

    from isthmus.cli.console import out
    from training.release import read_signature, verify_signature
    from training.release import verify as verify_files

    with tempfile.TemporaryDirectory() as folder:
        if release.startswith("sha256:"):
            directory = store_of(bucket).pull(release, Path(folder))
        else:
            directory = Path(release)
        manifest = verify_files(directory, release if release.startswith("sha256:") else None)
        verdict = f"{len(manifest.files)} files are as the manifest lists them"
        if trusted_keys:
            signature = read_signature(directory)
            verify_signature(signature, manifest.digest(), trusted_keys.split(","))
            verdict += f", signed {signature.signed_at} by the trusted key {signature.keyid}"
        out.print(f"[green]ok[/] {manifest.digest()}: {verdict}")


@app.command()
@reads_orders
def compare(
    release: Which,
    bucket: ReleasesBucket = None,
    orders: Annotated[
        Path | None,
        typer.Option(envvar="ISTHMUS_ORDERS", help="Compare the orders in this folder too."),
    ] = None,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Say what a new run here would use that a release was not made from: code, versions, settings, orders.

    A release can be made again from its manifest alone: with nothing different, it gets the same digest.
    Exit status 1 where something is different.

    Example:  isthmus release compare release/ --orders orders/
    """
    from rich.markup import escape
    from rich.table import Table

    from isthmus.cli.console import out, print_table
    from training.operations.tracking.reproduce import differences

    manifest, _, _ = _find(release, bucket)
    changes = differences(manifest, window=_window(manifest, orders, orders_settings) if orders else None)
    if not changes:
        out.print(f"[green]ok[/] a new run here makes {manifest.digest()} again")
        if orders is None:
            out.print("[dim]orders were not compared; name them with --orders[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Different", "Release", "Here"):
        table.add_column(title)
    for change in changes:
        table.add_row(escape(change.what), escape(change.release or "-"), escape(change.now or "-"))
    print_table(table)
    raise typer.Exit(1)


def _window(manifest: Manifest, orders: Path, orders_settings: OrdersSettings) -> Window:
    """The window of some orders under a release's settings and this user's key; nothing is kept."""
    import tempfile

    from training.jobs.local import key
    from training.operations.tracking.reproduce import settings_of
    from training.operations.workspace import Workspace
    from training.orders.source import Folder
    from training.release import Window
    from training.transfer.pseudonym import Pseudonyms
    from training.transfer.run import transfer

    settings = settings_of(manifest)
    with tempfile.TemporaryDirectory() as folder:
        work = Workspace(Path(folder))
        pseudonyms = Pseudonyms(key.pseudonym_key())
        transfer(Folder(orders, orders_settings), pseudonyms, settings, work.arrivals, work.private)
        return Window.of(work.training_data(settings).manifest)


def _find(release: str, bucket: str | None) -> tuple[Manifest, Signature | None, dict[str, Any] | None]:
    from training.release import SignatureRefused, read, read_signature
    from training.release.directory import read_validation

    if release.startswith("sha256:"):
        store = store_of(bucket)
        return store.manifest(release), store.signature(release), store.validation(release)
    directory = Path(release)
    manifest = read(directory)
    try:
        signature = read_signature(directory)
    except SignatureRefused:
        signature = None
    return manifest, signature, read_validation(directory)


def _plain(
    manifest: Manifest, signature: Signature | None, validation: dict[str, Any] | None
) -> dict[str, Any]:
    """One release in the shape of ``--json``; docs/validation.md tells it."""
    window = manifest.window
    recall, popular = _recalls(validation) if validation else (None, None)
    return {
        "digest": manifest.digest(),
        "orders": {
            "firstDay": str(window.first_day),
            "lastDay": str(window.last_day),
            "days": window.days,
            "rows": window.rows,
        },
        "recallAt20": recall,
        "popularRecallAt20": popular,
        "signedAt": signature.signed_at if signature else None,
        "signedBy": signature.keyid if signature else None,
    }


def _recall(validation: dict[str, Any] | None) -> str:
    if validation is None:
        return ""
    recall, popular = _recalls(validation)
    return f"{recall:.3f} (popular {popular:.3f})"


def _recalls(validation: dict[str, Any]) -> tuple[float, float]:
    """recall@20 over all products: the release's own, and that of the popular products."""
    from training.release.directory import VALIDATION
    from training.release.errors import reading

    with reading(VALIDATION):
        scores = validation["scores"]
        recalls = {name: float(row["all products"]["recall"]) for name, row in scores.items()}
        # Validations of earlier releases call the release so.
        return recalls.get("this release", recalls.get("two towers", 0.0)), recalls["popular"]
