"""``isthmus link``: the pre-shared keys of the tunnels, made and renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.doctor.clouds import Clouds
    from infra.link_rotation.key_stores import KeyStore

app = typer.Typer(
    name="link",
    help="The link between the sites: pre-shared keys of your own, in both secret stores.",
    no_args_is_help=True,
)

Stack = Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")]


@app.command("keys", epilog="Example:  isthmus link keys prod")
def keys(
    stack: Stack,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Delete the keys of generations before the last two, which no tunnel has any more.",
        ),
    ] = False,
) -> None:
    """Have the keys that link.key_generations names in Secrets Manager and in Barbican: nobody sees one.

    What one store lacks is brought from the other, what both lack is made. A key that is there is never
    changed, so it may be run at any time, and again after whatever stopped it.
    """
    from infra.link_rotation.key_stores import bring, forget
    from infra.naming import Naming
    from infra.preshared_keys import names, outdated
    from isthmus.cli.console import out

    clouds, generations = _generations(stack)
    naming, stores = Naming(stack), _stores(clouds)
    made = bring(stores, names(naming, generations), _say)
    if prune:
        forget(stores, outdated(naming, generations), _say)
    out.print(f"{stack}: {len(generations)} keys are in both stores, {len(made)} of them new")


@app.command("rotate", epilog="Example:  isthmus link rotate prod 1")
def rotate(
    stack: Stack,
    tunnel: Annotated[
        int,
        typer.Argument(min=1, max=4, help="1 and 2 end at the first gateway server, 3 and 4 at the second."),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also where the other server's tunnels are not known to be up.")
    ] = False,
) -> None:
    """Give one tunnel its next key: in both stores, and as one line of the stack file.

    The tunnels of the other gateway server must be up, as AWS sees them, since they carry while the next up
    changes this one at both ends. After that up, and once this tunnel is up, rotate the next.
    """
    from infra.link_rotation.key_stores import bring
    from infra.link_rotation.rotation import others_carry, turned, written
    from infra.naming import Naming
    from infra.preshared_keys import names
    from infra.settings import read
    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from rehearsal.home import project_root

    clouds, generations = _generations(stack)
    naming = Naming(stack)
    if not force and (why := others_carry(clouds, naming, clouds.settings.link, tunnel)) is not None:
        raise CommandError(f"{why}; --force rotates it all the same, and the link may be down meanwhile")
    after = turned(generations, tunnel)
    bring(_stores(clouds), names(naming, after), _say)
    file = project_root() / "stacks" / f"Pulumi.{stack}.yaml"
    atomic_write(file, written(file, stack, after, read).encode())
    out.print(
        f"{file.name}: link.key_generations is [{', '.join(map(str, after))}]. Next: `pulumi up -s {stack}`; "
        "the old key stays with the tunnel until then"
    )


def _generations(stack: str) -> tuple[Clouds, tuple[int, ...]]:
    from isthmus.cli.errors import CommandError
    from isthmus.cli.stack_doctor import clouds_of

    clouds = clouds_of(stack)
    generations = clouds.settings.link.key_generations
    if generations is None:
        raise CommandError(
            f"link.key_generations of {stack} is absent, so AWS makes the keys and none is renewed: write "
            "[1, 1, 1, 1] there, then `isthmus link keys` and an up"
        )
    return clouds, generations


def _stores(clouds: Clouds) -> tuple[KeyStore, ...]:
    from infra.doctor.clouds import NoCredentials
    from infra.link_rotation.key_stores import Barbican, SecretsManager
    from isthmus.cli.errors import CommandError

    try:
        return SecretsManager(clouds), Barbican(clouds)
    except NoCredentials as none:
        raise CommandError(f"{none}; both stores are written") from None


def _say(line: str) -> None:
    from isthmus.cli.console import err

    err.print(line, style="dim", markup=False)
