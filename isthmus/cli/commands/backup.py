"""``isthmus backup`` and ``isthmus restore``: the state of a stack and its releases, in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.settings import Settings
    from training.release import Store

STATE = "state.json"
Stack = Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")]


def backup(
    stack: Stack,
    folder: Annotated[
        Path, typer.Argument(help="Where to; the same one again goes on, and adds what is new.")
    ],
) -> None:
    """Save a stack's state, its secrets encrypted as they are, and every signed release by its digest.

    Each file is written aside and then renamed, each release checked against its manifest and its signature
    against serving.trusted_keys. Whatever stops it, the same command goes on.

    Example:  isthmus backup prod backups/prod
    """
    import json

    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.cli.stack_engine import engine_of
    from training.release.backup import save

    settings, store = _store(stack)
    exported = engine_of(stack).export(stack)
    atomic_write(folder / STATE, json.dumps(exported).encode(), mode=0o600)
    count = len((exported.get("deployment") or {}).get("resources") or [])
    out.print(f"{stack}: the state of {count} resources is saved")
    saved = save(store, folder, settings.serving.trusted_keys, lambda line: out.print(line))
    out.print(f"{stack}: {len(saved)} releases in {folder}")


def restore(
    stack: Stack,
    folder: Annotated[Path, typer.Argument(help="Of `isthmus backup`.")],
    state: Annotated[
        bool,
        typer.Option("--state", help="The state too, where the stack has none: what it names must stand."),
    ] = False,
) -> None:
    """Bring the releases of a backup back into the stack's bucket, and the state where that is asked for.

    Every file and signature is checked before the first is sent; what is there is skipped, and what is in
    service stays.

    Example:  isthmus restore prod backups/prod
    """
    import json

    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from isthmus.cli.stack_engine import engine_of
    from isthmus.errors import IsthmusError
    from training.release.backup import bring_back

    settings, store = _store(stack)
    if state:
        engine = engine_of(stack)
        try:
            stands = engine.export(stack)
        except IsthmusError as error:
            if "no stack named" not in str(error):
                raise
            raise CommandError(
                f"the backend has no stack {stack}: make it empty by `pulumi stack init {stack}`, with "
                "--secrets-provider where its stack file has secretsprovider, and run this again"
            ) from None
        if (stands.get("deployment") or {}).get("resources"):
            raise CommandError(
                f"the state of {stack} is not empty, and would be lost: leave out --state, or "
                f"`pulumi stack export -s {stack}` it and take its resources out first"
            )
        try:
            saved = dict(json.loads((folder / STATE).read_bytes()))
        except (OSError, ValueError) as error:
            raise CommandError(f"{folder / STATE} is no state of `isthmus backup` ({error})") from None
        engine.take(stack, saved)
        out.print(f"{stack}: the state is back")
    brought = bring_back(store, folder, settings.serving.trusted_keys, lambda line: out.print(line))
    out.print(f"{stack}: {len(brought)} releases are in s3://{store.bucket}")


def _store(stack: str) -> tuple[Settings, Store]:
    """The releases of a stack's bucket. Raises CommandError where nobody is signed in."""
    from infra.doctor.clouds import NoCredentials
    from infra.naming import Naming
    from isthmus.cli.errors import CommandError
    from isthmus.cli.stack_doctor import clouds_of
    from training.release import Store

    clouds = clouds_of(stack)
    settings = clouds.settings
    try:
        clouds.sign_in("aws")
    except NoCredentials as none:
        raise CommandError(str(none)) from None
    if not settings.serving.trusted_keys:
        raise CommandError(f"serving.trusted_keys of {stack} is empty, so no release could be trusted")
    bucket = Naming(stack).bucket(settings.aws.account_id, "releases")
    return settings, Store(bucket, clouds.aws("s3"))


__all__ = ["backup", "restore"]
