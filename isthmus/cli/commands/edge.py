"""``isthmus edge``: a signed release as a bundle for devices, and the device's side of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from isthmus.quiet_stderr import quiet_stderr

if TYPE_CHECKING:
    from rich.table import Table

    from serving.edge.runtime.bundle import Bundle
    from serving.edge.runtime.device_folder import DeviceFolder
    from serving.edge.runtime.recommender import EdgeAnswer, EdgeRecommender, Purchase

app = typer.Typer(
    name="edge",
    help="Recommendations on devices that are offline: pack a release, verify, run, update.",
    no_args_is_help=True,
)

TrustedKeys = Annotated[
    str, typer.Option(envvar="TRUSTED_KEYS", help="Base64 public keys, comma-separated: who may have signed.")
]
LimitMb = Annotated[float, typer.Option(min=0.001, help="Megabytes that a bundle may have.")]
BundleFile = Annotated[Path, typer.Argument(help="A bundle of `isthmus edge pack`.")]
FolderOfDevice = Annotated[Path, typer.Argument(help="The folder that keeps the bundles of this device.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]
DEFAULT_LIMIT_MB = 5.0


@app.command()
def pack(
    release: Annotated[Path, typer.Argument(help="A release directory, signed.")],
    out: Annotated[Path, typer.Option(help="The bundle to write.")],
    signing_key: Annotated[
        str, typer.Option(envvar="SIGNING_KEY", help="Base64 Ed25519 seed: the bundle is signed with it.")
    ],
    trusted_keys: TrustedKeys = "",
    most_bought: Annotated[
        int | None, typer.Option(min=1, help="Only so many products, the most bought ones.")
    ] = None,
    products: Annotated[
        Path | None,
        typer.Option(help="Only the products of this file, a code a line: those of a region, say."),
    ] = None,
    target: Annotated[str, typer.Option(help="The kind of device that it is for.")] = "any",
    limit_mb: LimitMb = DEFAULT_LIMIT_MB,
) -> None:
    """Pack a signed release for devices: the customers' tower in LiteRT, products, a self-check, a signature.

    Who signed the release is checked against --trusted-keys, else against the key that signs the bundle.

    Example:  isthmus edge pack release/ --out shop.edge --most-bought 2000
    """
    from isthmus.cli.console import out as console
    from isthmus.cli.extras import require_extra

    require_extra("training", "edge pack")
    from serving.edge.pack import pack as pack_release
    from serving.edge.product_slice import ProductSlice
    from training.release import public_key

    _target(target)
    trusted = _keys(trusted_keys) if trusted_keys else [public_key(signing_key)]
    chosen = ProductSlice(most_bought, None if products is None else _codes(products))
    with quiet_stderr():
        packed = pack_release(release, out, signing_key, trusted, chosen, target, limit_mb)
    console.print(f"{out}: {packed.bytes / 1e6:.2f} MB, {packed.digest}", markup=False)
    _show(packed.manifest.model_dump(mode="json"))


@app.command()
def verify(
    bundle: BundleFile,
    trusted_keys: TrustedKeys,
    limit_mb: LimitMb = DEFAULT_LIMIT_MB,
    as_json: AsJson = False,
) -> None:
    """Check a bundle as a device would: signature, every member, and the answers of its self-check.

    Example:  isthmus edge verify shop.edge --trusted-keys "$TRUSTED_KEYS"
    """
    from isthmus.cli.console import out, print_json
    from serving.edge.runtime.bundle import read_bundle
    from serving.edge.runtime.self_check import loaded

    read = read_bundle(bundle, _keys(trusted_keys), limit_mb)
    with quiet_stderr():
        loaded(read)
    manifest = read.manifest.model_dump(mode="json")
    if as_json:
        print_json({"digest": read.digest, "bytes": len(read.raw), "manifest": manifest})
        return
    out.print(f"{bundle} is whole, signed and answers as where it was packed: {read.digest}", markup=False)
    _show(manifest)


@app.command()
def run(
    bundle: Annotated[Path, typer.Argument(help="A bundle, or the folder of a device.")],
    trusted_keys: TrustedKeys,
    history: Annotated[
        str, typer.Option(help="What was bought: CODE or CODE@DAYS_AGO, comma-separated.", metavar="CODES")
    ] = "",
    basket: Annotated[
        str, typer.Option(help="What is in the basket now, comma-separated.", metavar="CODES")
    ] = "",
    top: Annotated[int, typer.Option(min=1, help="Products wanted.")] = 10,
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave out what was bought before.")] = False,
    precision: Annotated[
        Literal["float", "int8"] | None, typer.Option(help="Run this model, not the bundle's choice.")
    ] = None,
    limit_mb: LimitMb = DEFAULT_LIMIT_MB,
    as_json: AsJson = False,
) -> None:
    """Recommend from a bundle, without a network. Who has bought nothing is told what is popular.

    Example:  isthmus edge run shop.edge --history 85123A@30,85123A@3,22423@3 --top 5
    """
    import time

    from isthmus.cli.console import out, print_json, print_table
    from serving.edge.runtime.bundle import read_bundle
    from serving.edge.runtime.device_folder import DeviceFolder
    from serving.edge.runtime.recommender import EdgeRecommender

    keys = _keys(trusted_keys)
    read = (
        DeviceFolder(bundle, keys, limit_mb).bundle()
        if bundle.is_dir()
        else read_bundle(bundle, keys, limit_mb)
    )
    with quiet_stderr():
        recommender = EdgeRecommender(read, precision)
    bought, chosen = _purchases(history), _list(basket)
    started = time.perf_counter()
    answer = recommender.recommend(bought, chosen, top, only_new)
    milliseconds = (time.perf_counter() - started) * 1000
    if as_json:
        print_json(_plain(answer, recommender, read, milliseconds))
        return
    for code in answer.unknown:
        out.print(f"{code} is not in this bundle, and counts for nothing", style="yellow", markup=False)
    told = "personal" if answer.reason == "personal" else "nothing known was bought: the popular products"
    out.print(
        f"{told}, {milliseconds:.1f} ms, release {read.manifest.release[:19]}, {recommender.precision}",
        markup=False,
    )
    print_table(_table(answer))


@app.command()
def update(
    folder: FolderOfDevice,
    bundle: BundleFile,
    trusted_keys: TrustedKeys,
    target: Annotated[
        str | None, typer.Option(help="The kind of this device; absent: as before, and any for a new folder.")
    ] = None,
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Take a bundle of an older release, too.")
    ] = False,
    limit_mb: LimitMb = DEFAULT_LIMIT_MB,
) -> None:
    """Let a new bundle answer on a device, if it is signed, for it, not older, and passes its self-check.

    Whatever fails, and whenever the power goes: the former bundle answers on, or the new one does.

    Example:  isthmus edge update /var/lib/shop shop.edge
    """
    from isthmus.cli.console import out

    if target is not None:
        _target(target)
    with quiet_stderr():
        installed, changed = _folder(folder, trusted_keys, limit_mb).update(bundle, target, allow_older)
    what = "answers now" if changed else "answers already"
    out.print(f"{folder}: {installed.current.digest} of {installed.current.version} {what}", markup=False)
    if installed.former is not None:
        out.print(
            f"kept for a rollback: {installed.former.digest} of {installed.former.version}", markup=False
        )


@app.command()
def rollback(folder: FolderOfDevice, trusted_keys: TrustedKeys, limit_mb: LimitMb = DEFAULT_LIMIT_MB) -> None:
    """Let the bundle before the last update answer again; the one that answers is dropped.

    Example:  isthmus edge rollback /var/lib/shop
    """
    from isthmus.cli.console import out

    with quiet_stderr():
        current = _folder(folder, trusted_keys, limit_mb).rollback().current
    out.print(f"{folder}: {current.digest} of {current.version} answers again", markup=False)


def _folder(path: Path, trusted_keys: str, limit_mb: float) -> DeviceFolder:
    from serving.edge.runtime.device_folder import DeviceFolder

    return DeviceFolder(path, _keys(trusted_keys), limit_mb)


def _keys(text: str) -> list[str]:
    from isthmus.cli.errors import CommandError

    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise CommandError(
            "no key is trusted, so no bundle is; name base64 public keys with --trusted-keys or $TRUSTED_KEYS"
        )
    return keys


def _target(name: str) -> None:
    import re

    from isthmus.cli.errors import CommandError

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise CommandError(
            f"--target {name!r} is no name; allowed are 1 to 100 letters, digits, dots, - and _"
        )


def _codes(file: Path) -> tuple[str, ...]:
    """The lines of a file of codes."""
    from isthmus.cli.errors import CommandError

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        raise CommandError(
            f"--products {file} is not there, or no text; name a file with a code a line"
        ) from None
    return tuple(line.strip() for line in lines if line.strip())


def _list(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _purchases(text: str) -> list[Purchase]:
    from isthmus.cli.errors import CommandError
    from serving.edge.runtime.recommender import Purchase

    found = []
    for entry in _list(text):
        code, at, days = entry.partition("@")
        if at and not (days.isascii() and days.isdigit() and 0 < len(days) < 6):
            raise CommandError(
                f"--history {entry} tells no days; write it as in 85123A@30, or as 85123A alone"
            )
        found.append(Purchase(code, int(days)) if at else Purchase(code))
    return found


def _show(manifest: dict[str, object]) -> None:
    from rich.table import Table

    from isthmus.cli.console import print_table

    measured = manifest["measured"]
    assert isinstance(measured, dict)  # noqa: S101
    facts = Table(box=None, show_header=False, pad_edge=False)
    rows = {
        "release": manifest["release"],
        "target": manifest["target"],
        "version": f"{manifest['version']}, orders until {manifest['orders_until']}",
        "products": f"{manifest['products']:,}, {manifest['slice']}",
        "needs runtime": manifest["minimum_runtime"],
        "runs": manifest["runs"],
    } | {
        name: f"{each['bytes']:,} bytes; of Keras's best 20 for {manifest['customers_measured']:,} customers "
        f"{each['overlap_at_20']:.1%} are its own; scores off by {each['largest_difference']:.1%} at most"
        for name, each in measured.items()
    }
    for name, value in rows.items():
        facts.add_row(f"[dim]{name}[/]", str(value))
    print_table(facts)


def _table(answer: EdgeAnswer) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    for title in ("Code", "Product", "Score", "Reason"):
        table.add_column(title)
    for rank, product in enumerate(answer.products, 1):
        score = f"{product.score:.3f}" if product.reason == "personal" else ""
        table.add_row(str(rank), escape(product.code), escape(product.description), score, product.reason)
    return table


def _plain(
    answer: EdgeAnswer, recommender: EdgeRecommender, bundle: Bundle, milliseconds: float
) -> dict[str, object]:
    from dataclasses import asdict

    return {
        **asdict(answer),
        "release": bundle.manifest.release,
        "bundle": bundle.digest,
        "precision": recommender.precision,
        "milliseconds": milliseconds,
    }
