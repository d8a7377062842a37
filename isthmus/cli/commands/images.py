"""``isthmus images``: build, push and pin the images that the estate's pods run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from isthmus.images import OwnImage

app = typer.Typer(
    name="images",
    help="The images that pods run: named by their content, built here, pushed, signed, pinned by digest.",
    no_args_is_help=True,
)

Names = Annotated[list[str] | None, typer.Argument(help="training, training_gpu, serving; none: all three.")]


@app.command("list", epilog="Example:  isthmus images list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """List the images of this very code: tag, and size and digest where they were built and pushed here."""
    from rich.table import Table

    from isthmus.cli.console import out, print_json, print_table
    from isthmus.images import IMAGES, record, tag

    rows = [(image, tag(image), record.read(tag(image))) for image in IMAGES.values()]
    if as_json:
        print_json(
            [
                {
                    "image": image.name,
                    "repository": image.repository,
                    "tag": name,
                    "sizeBytes": built.size if built else None,
                    "revision": built.revision if built else None,
                    "pushedTo": (built.pushed or None) if built else None,
                    "digest": (built.digest or None) if built else None,
                }
                for image, name, built in rows
            ]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Image", "Repository and tag", "Size", "Pushed"):
        table.add_column(title)
    for image, name, built in rows:
        size = f"{built.size / 1e6:,.0f} MB" if built else "[yellow]not built here[/]"
        table.add_row(image.name, f"{image.repository}:{name}", size, built.digest if built else "")
    print_table(table)
    out.print("[dim]isthmus images build, then push REGISTRY, then pin STACK[/]")


@app.command("build", epilog="Example:  isthmus images build serving")
def build(
    names: Names = None,
    base: Annotated[
        str | None, typer.Option(help="Another base than the Containerfile's, such as a mirror's, by digest.")
    ] = None,
) -> None:
    """Build images by buildah, or docker where only that is there, and write what is in each (CycloneDX)."""
    from isthmus.cli.console import err, out
    from isthmus.images import builder, building, tag

    here = builder.Builder.here()
    for image in _named(names):
        out.print(f"[bold]{image.name}[/]  [dim]{image.repository}:{tag(image)}[/]")
        built = building.build(
            image, here, base=base, say=lambda line: err.print(line, style="dim", markup=False)
        )
        out.print(f"[green]built[/] {built.tag}: {built.size / 1e6:,.0f} MB, commit {built.revision}")


@app.command("push", epilog="Example:  isthmus images push 111111111111.dkr.ecr.eu-west-1.amazonaws.com")
def push(
    registry: Annotated[
        str, typer.Argument(help="Where the repositories isthmus/... are, such as HOST:PORT.")
    ],
    names: Names = None,
    signing_key: Annotated[
        str | None,
        typer.Option(envvar="IMAGES_SIGNING_KEY", help="Base64 Ed25519 seed: the digest is signed with it."),
    ] = None,
    plain_http: Annotated[bool, typer.Option("--plain-http", help="For a registry on loopback.")] = False,
) -> None:
    """Push what was built of this very code, and keep the digest that each has there.

    Log in first, as your registry wants it (`buildah login`, `docker login`).
    """
    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.images import builder, building, record
    from training.release.signature import sign

    here = builder.Builder.here()
    for image in _named(names):
        pushed = building.push(image, here, registry.strip("/"), plain_http=plain_http)
        out.print(f"[green]pushed[/] {pushed.pushed}:{pushed.tag}@{pushed.digest}")
        if signing_key:
            signature = sign(pushed.digest, signing_key, domain=building.DOMAIN)
            atomic_write(record.folder(pushed.tag) / record.SIGNATURE, signature.to_bytes())
            out.print(f"       signed by {signature.keyid}")


@app.command("pin", epilog="Example:  isthmus images pin prod")
def pin(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/.")],
    names: Names = None,
    trusted_keys: Annotated[
        str | None,
        typer.Option(envvar="IMAGES_TRUSTED_KEYS", help="Base64 public keys, comma-separated: who may sign."),
    ] = None,
) -> None:
    """Write the digests of what was pushed into a stack file, for a pull request to show."""
    from infra.settings import read as check
    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from isthmus.images import building, pinning, record, tag
    from isthmus.source_digest import ROOT
    from training.release.signature import Signature, verify_signature

    file = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    check(file, stack)
    digests: dict[str, str] = {}
    for image in _named(names):
        built = record.read(tag(image))
        if built is None or not built.digest:
            raise CommandError(
                f"{image.repository}:{tag(image)} was not pushed from here; first run "
                f"`isthmus images build {image.name}` and `isthmus images push REGISTRY {image.name}`"
            )
        if trusted_keys:
            kept = record.folder(built.tag) / record.SIGNATURE
            if not kept.is_file():
                raise CommandError(f"{built.tag} is not signed; push it with --signing-key")
            signature = Signature.from_bytes(kept.read_bytes())
            verify_signature(signature, built.digest, trusted_keys.split(","), domain=building.DOMAIN)
        digests[image.name] = built.digest
    text = file.read_text(encoding="utf-8")
    atomic_write(file, pinning.pinned(text, digests).encode())
    for name, digest in digests.items():
        out.print(f"{file.relative_to(ROOT)}: images.{name} is {digest}")


def _named(names: list[str] | None) -> list[OwnImage]:
    from isthmus.cli.errors import CommandError
    from isthmus.images import IMAGES

    for name in names or ():
        if name not in IMAGES:
            raise CommandError(f"there is no image {name}; the images there are: {', '.join(IMAGES)}")
    return [IMAGES[name] for name in names or IMAGES]
