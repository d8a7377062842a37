"""``isthmus preview``: what a stack would change, with no cloud credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rehearsal.engine.result import Result


def preview(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")] = "local",
    diff: Annotated[bool, typer.Option("--diff", help="Show every property that changes.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each resource that would change, as JSON.")
    ] = False,
) -> None:
    """Preview a stack through the rehearsal's engine and plugins, without any credentials.

    A cloud's stack is read from a copy whose secrets are placeholders; what the stack would create is
    compared with nothing, since the rehearsal holds no state of a cloud.

    Example:  isthmus preview prod
    """
    from isthmus.cli.console import err, out, print_json
    from isthmus.cli.errors import CommandError
    from isthmus.cli.previewed_stack import config_file
    from rehearsal.estate import Estate

    if diff and as_json:
        raise CommandError("--json names what changes of each resource, --diff shows it; give one of them")
    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    changing: list[dict[str, Any]] = []
    result = estate.engine.preview(
        stack,
        config_file=config_file(estate, stack),
        arguments=("--diff",) if diff else (),
        on_line=None if as_json else print,
        on_event=lambda event: _take(event, changing),
    )
    told = _missing_images(estate.project_dir, stack)
    if as_json:
        plain = _plain(result, changing)
        print_json(plain | {"warnings": [*plain["warnings"], *told]})
    else:
        for sentence in told:
            err.print(f"[bold yellow]isthmus:[/] {sentence}")
        out.print(f"{stack}: {result.resources} resources: {result}")


def _missing_images(project: Path, stack: str) -> list[str]:
    """What the registry of a cloud's stack lacks; a rehearsal's pods run out of no image."""
    from infra.settings import read
    from isthmus.cli.missing_images import missing_images
    from rehearsal.stack_copy import STACK

    return [] if stack == STACK else missing_images(read(project / "stacks" / f"Pulumi.{stack}.yaml", stack))


def _take(event: Mapping[str, Any], changing: list[dict[str, Any]]) -> None:
    """Note a resource that would change."""
    metadata = (event.get("resourcePreEvent") or {}).get("metadata")
    if metadata and metadata["op"] not in ("same", "read"):
        changing.append(
            {
                "name": metadata["urn"].rsplit("::", 1)[-1],
                "type": metadata["type"],
                "operation": metadata["op"],
                "changed": sorted(metadata.get("diffs") or metadata.get("detailedDiff") or ()),
                "urn": metadata["urn"],
            }
        )


def _plain(result: Result, changing: list[dict[str, Any]]) -> dict[str, Any]:
    """The shape of ``--json``; docs/rehearsal.md tells it."""
    return {
        "stack": result.stack,
        "counts": {
            "create": result.created,
            "update": result.updated,
            "replace": result.replaced,
            "delete": result.deleted,
            "unchanged": result.unchanged,
        },
        "resources": changing,
        "warnings": [
            diagnostic.message for diagnostic in result.diagnostics if diagnostic.severity == "warning"
        ],
    }
