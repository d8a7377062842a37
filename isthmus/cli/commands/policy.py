"""``isthmus policy``: the rules that an estate is held to."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The rules that an estate is held to.", no_args_is_help=True)


@app.callback()
def _policy() -> None: ...


@app.command("list")
def list_(
    domain: Annotated[
        str | None,
        typer.Option(
            help="Only the rules of AWS, OpenStack, Kubernetes, FinOps or Estate.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every rule whole, as JSON.")] = False,
) -> None:
    """List the rules: what holds where they are kept, and how grave a breach is.

    docs/policy.md says why, and what to do.

    Example:  isthmus policy list --domain Kubernetes
    """
    from rich.table import Table

    from infra.policy.rules import RULES
    from isthmus.cli.console import print_json, print_table
    from isthmus.cli.errors import CommandError

    domains = list(dict.fromkeys(rule.domain for rule in RULES))
    wanted = {each.lower(): each for each in domains}.get(domain.lower()) if domain else None
    if domain and wanted is None:
        raise CommandError(f"--domain {domain} is none of {', '.join(domains)}: name one of them")
    chosen = [rule for rule in RULES if wanted in (None, rule.domain)]
    if as_json:
        print_json(
            [
                {
                    "name": rule.name,
                    "domain": rule.domain,
                    "severity": rule.severity,
                    "title": rule.title,
                    "reason": rule.reason,
                    "remedy": rule.remedy,
                    "references": [{"control": str(each), "url": each.url} for each in rule.references],
                    "types": sorted(rule.types) if rule.types is not None else None,
                }
                for rule in chosen
            ]
        )
        return
    table = Table("rule", "severity", "domain", "holds", box=None, pad_edge=False)
    for rule in chosen:
        table.add_row(rule.name, rule.severity, rule.domain, rule.title)
    print_table(table)
