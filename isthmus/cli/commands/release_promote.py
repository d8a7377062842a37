"""``isthmus release promote``: a release moves to a stack, as one line of its stack file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def promote(
    release: Annotated[
        str, typer.Argument(help="A release's digest sha256:..., or the stack whose release is taken.")
    ],
    stack: Annotated[str, typer.Argument(help="The stack of stacks/ that is to serve it.")],
    pr: Annotated[
        bool, typer.Option("--pr", help="Propose it as a pull request; nothing changes in this folder.")
    ] = False,
    base: Annotated[str, typer.Option(help="The branch that a pull request is for.")] = "main",
) -> None:
    """Pin the release that a stack serves, in its stack file or as a pull request that changes that one line.

    The pull request is reviewed, approved and deployed as any other; an up then rolls the release out.

    Example:  isthmus release promote staging prod --pr
    """
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from isthmus.forge.of_environment import of_environment
    from isthmus.forge.proposal import propose
    from isthmus.stack_files.section_lines import set_in_section
    from rehearsal.home import project_root

    root = project_root()
    file = root / "stacks" / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise CommandError(f"There is no {file}: name a stack of stacks/")
    digest = release if DIGEST.fullmatch(release) else _of_stack(root, release)

    def moved(text: str) -> str:
        return set_in_section(text, "serving", {"release": digest})

    if not pr:
        _write(file, moved(file.read_text()), stack)
        out.print(f"{stack} serves {digest}, once {file.name} is up.")
        return
    title = f"Serve release {digest[7:19]} in {stack}"
    address = propose(
        of_environment(),
        root,
        f"stacks/{file.name}",
        moved,
        branch=f"promote/{stack}",
        base=base,
        title=title,
        body=f"{digest}, promoted {f'from {release}' if release != digest else 'by its digest'}.",
    )
    out.print(f"Proposed: {address}", markup=False)


def _of_stack(root: Path, name: str) -> str:
    """The release that another stack is pinned to."""
    from infra.settings import read
    from isthmus.cli.errors import CommandError

    file = root / "stacks" / f"Pulumi.{name}.yaml"
    if not file.is_file():
        raise CommandError(
            f"{name!r} is no digest (sha256: and 64 hexadecimal digits) and no stack: "
            "`isthmus release list` shows the digests"
        )
    pinned = read(file, name).serving.release
    if not DIGEST.fullmatch(pinned):
        raise CommandError(
            f"{name} serves {pinned}, which is no release by its digest: name one, or pin it there"
        )
    return pinned


def _write(file: Path, text: str, stack: str) -> None:
    """Aside first, and read as the stack file that it would be."""
    import tempfile

    from infra.settings import read
    from isthmus.atomic_files import atomic_write

    with tempfile.TemporaryDirectory(prefix="isthmus-promote-") as name:
        aside = Path(name) / file.name
        aside.write_text(text)
        read(aside, stack)
    atomic_write(file, text.encode())
