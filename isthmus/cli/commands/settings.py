"""``isthmus settings``: check stack files, and keep what is made from the models current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="settings",
    help="Check stack files without any cloud, and write the schema that editors use.",
    no_args_is_help=True,
)


def _files(stacks: list[str], folder: Path) -> list[Path]:
    """The files that names mean: a path to a file, or a stack's name; none means every stack."""
    from isthmus.cli.errors import CommandError

    all_files = sorted(folder.glob("Pulumi.*.yaml"))
    if not stacks:
        if not all_files:
            raise CommandError(f"{folder} has no stack file; run this in the project's root folder")
        return all_files
    files = []
    for name in stacks:
        path = Path(name)
        if path.suffix in (".yaml", ".yml") or path.is_file():
            files.append(path)
            continue
        file = folder / f"Pulumi.{name}.yaml"
        if not file.is_file():
            known = ", ".join(each.name.split(".")[1] for each in all_files) or "none"
            raise CommandError(f"there is no stack {name} in {folder}; the stacks there are: {known}")
        files.append(file)
    return files


def _root() -> Path:
    """The project's root: the nearest folder with a Pulumi.yaml, from here up."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), here)


@app.command("check", epilog="Example:  isthmus settings check dev prod")
def check(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Names of stacks, or files; none: all in stacks/.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option(help="The stack a file is of, where the file's name does not say it.")
    ] = None,
    standing: Annotated[
        Path | None,
        typer.Option(
            help="Outputs of the stack that stands, from `pulumi stack output --json`: changes that it "
            "cannot "
            "take are refused too. For stack local, the rehearsal is looked at.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Say everything that is wrong in stack files, one sentence a problem; exit status 1 if anything is."""
    from rich.markup import escape

    from infra.settings import SettingsError, read, stack_of
    from infra.settings.changes.beforehand import refusals, warnings
    from isthmus.cli.console import err, out
    from isthmus.cli.errors import CommandError
    from isthmus.cli.standing import known

    root = _root()
    refused = False
    files = _files(stacks or [], root / "stacks")
    if standing is not None and len(files) != 1:
        raise CommandError(
            f"--standing {standing} is of one stack, and {len(files)} are checked; name that one"
        )
    for path in files:
        try:
            settings = read(path, stack)
            stands = known(settings.stack, standing)
            if found := list(refusals(settings, stands)):
                raise SettingsError(str(path.relative_to(root) if path.is_relative_to(root) else path), found)
        except SettingsError as error:
            refused = True
            for sentence in str(error).splitlines():
                err.print(f"[bold red]isthmus:[/] {escape(sentence)}")
        else:
            for warning in warnings(settings, stands):
                err.print(f"[bold yellow]isthmus:[/] {escape(warning)}")
            pools = len(settings.aws.gpu_pools) + len(settings.openstack.gpu_pools)
            out.print(
                f"{escape(stack or stack_of(path))}: good ({settings.aws.region}, "
                f"{len(settings.aws.network.zones)} zones, {pools} GPU pools)"
            )
    if refused:
        raise typer.Exit(1)


@app.command("machines", epilog="Example:  isthmus settings machines eu-west-1 --memory 24 --capability 8.0")
def machines(
    region: Annotated[str, typer.Argument(help="AWS region, such as eu-west-1.")],
    gpus: Annotated[int, typer.Option(min=1, max=64, help="GPUs of a node.")] = 1,
    memory: Annotated[
        float, typer.Option(min=0, max=10_000, help="Memory of each GPU, GB as its maker counts.")
    ] = 0,
    capability: Annotated[str, typer.Option(help="Least NVIDIA compute capability, such as 8.0.")] = "0.0",
    spot: Annotated[bool, typer.Option("--spot", help="By the prices of spot capacity.")] = False,
) -> None:
    """List the instance types of a region that have enough for a pod, the cheapest first."""
    import re

    from rich.table import Table

    from infra.review.cost.by_need import by_need
    from infra.review.cost.price import Price
    from infra.settings.catalogue import closest, zones
    from infra.settings.catalogue.need import Need
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError

    if region not in zones():
        near = ", ".join(closest(region, list(zones())))
        raise CommandError(f"region {region!r} is not of the catalogue; the closest there are {near}")
    if re.fullmatch(r"\d{1,2}\.\d{1,2}", capability) is None:
        raise CommandError(f"--capability is {capability!r}; allowed are two numbers, such as 8.0")
    found = by_need(Need.of_gpus(gpus, memory, capability), region, spot=spot)
    if not found:
        raise CommandError(
            f"{region} offers no instance type of the catalogue with {gpus} GPUs of {memory:g} GB and "
            f"compute capability {capability}: ask for less, or for another region"
        )
    table = Table("instance type", "GPUs", "memory of each", "capability", "vCPUs", "USD per hour")
    for offer in found:
        machine, price = offer.machine, offer.price
        table.add_row(
            machine.name,
            f"{machine.gpus} {machine.gpu}",
            f"{machine.gpu_memory_gib:g} GiB",
            machine.compute_capability,
            str(machine.vcpus),
            f"{price.usd}" if isinstance(price, Price) else "not priced",
        )
    out.print(table)


@app.command("schema", epilog="Example:  isthmus settings schema --check")
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit status 1 if out of date.")
    ] = False,
) -> None:
    """Write infra/settings/schema.json, docs/settings.md, docs/changes.md and docs/workloads.md again."""
    from infra import workloads_page
    from infra.settings import reference, schema
    from infra.settings.changes import page
    from isthmus.atomic_files import atomic_write
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError

    root = _root()
    for module in (schema, reference, page, workloads_page):
        name = module.FILE.relative_to(root) if module.FILE.is_relative_to(root) else module.FILE
        text = module.text()
        if module.FILE.is_file() and module.FILE.read_text(encoding="utf-8") == text:
            out.print(f"{name}: current")
        elif check:
            raise CommandError(f"{name} is not what the program says; run `isthmus settings schema`")
        else:
            atomic_write(module.FILE, text.encode())
            out.print(f"{name}: written")
