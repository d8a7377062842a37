"""``isthmus bootstrap``: what must stand in a stack's AWS account before its first up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

MAKES = (
    "the bucket of the state: versions, encryption, no public access, TLS only",
    "the key of the stack's secrets, and its alias",
    "with deploy.trail: a trail of all regions, its key, and a bucket that takes nothing back for a year",
    "with deploy.cost_tags: the tags of the bill, activated",
    "with deploy.ci: the issuer of CI's tokens, and roles isthmus-preview and isthmus-deploy without keys",
)


def bootstrap(
    stack: Annotated[str, typer.Argument(help="A cloud's stack of stacks/: dev, staging or prod.")],
    up: Annotated[bool, typer.Option("--up", help="Make it, after the engine's own question.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Only say what it makes, and what it cannot.")] = False,
) -> None:
    """Preview, or with --up make, what a stack's AWS account needs before the first `pulumi up`.

    It is made by the pulumi on PATH, with the credentials of this shell; in a rehearsal's shell, local's on
    the stand-in. Its own state begins in a folder of this machine, since the bucket is what it makes.

    Example:  isthmus bootstrap prod --list
    """
    from infra.doctor import CHECKS
    from infra.settings import read
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from rehearsal import stack_copy
    from rehearsal.home import INSIDE, Home, project_root

    root, home = project_root(), Home.find()
    file = root / "stacks" / f"Pulumi.{stack}.yaml"
    rehearsed = stack == stack_copy.STACK and INSIDE in os.environ
    if rehearsed:
        file = stack_copy.write(home, root)
    elif stack == stack_copy.STACK or not file.is_file():
        known = {each.name.split(".")[1] for each in file.parent.glob("Pulumi.*.yaml")} - {stack_copy.STACK}
        raise CommandError(
            f"there is no stack {stack} of a cloud; those there are: {', '.join(sorted(known))}"
        )
    read(file, stack)
    out.print(f"[bold]isthmus bootstrap makes[/], in the account of {stack}:", highlight=False)
    for made in MAKES:
        out.print(f"  {made}", markup=False)
    out.print("[bold]It cannot make[/], and `isthmus doctor` looks at each:", highlight=False)
    for check in CHECKS:
        if "isthmus bootstrap" not in check.obtained:
            out.print(
                f"  {check.name} ({check.site}): {check.obtained.replace('STACK', stack)}", markup=False
            )
    if show:
        return
    copy = without_key(file, home.root / "bootstrap" / f"Pulumi.{stack}.yaml")
    raise typer.Exit(_run(root / "infra" / "bootstrap", stack, copy, up))


def without_key(file: Path, to: Path) -> Path:
    """A copy of a stack file for an engine that must run before the key of its secrets is there."""
    from isthmus.atomic_files import atomic_write
    from isthmus.stack_files import read, write

    content = read(file)
    rest = {key: value for key, value in content.rest.items() if not key.startswith(("secrets", "encr"))}
    to.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(to, write({**rest, "config": content.config}).encode())
    return to


def _run(folder: Path, stack: str, config: Path, up: bool) -> int:
    import shutil
    import subprocess
    import tempfile

    from isthmus.cli.errors import CommandError

    if shutil.which("pulumi") is None:
        raise CommandError("there is no pulumi on PATH: install it (https://www.pulumi.com/docs/install/)")
    state = config.parent / "state"
    state.mkdir(exist_ok=True)
    environment = {
        # Nothing in its state is secret; Pulumi wants a passphrase all the same.
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "",
    }
    everything = {**os.environ, **environment}
    if not [*state.glob(f".pulumi/stacks/*/{stack}.json")]:
        # It writes a salt into the stack file of the folder that it runs in.
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copy(folder / "Pulumi.yaml", scratch)
            made = ["pulumi", "stack", "init", stack, "--no-select"]
            if status := subprocess.run(made, cwd=scratch, env=everything, check=False).returncode:
                return status
    said = ["pulumi", "up" if up else "preview", "--stack", stack, "--config-file", str(config)]
    return subprocess.run(said, cwd=folder, env=everything, check=False).returncode
