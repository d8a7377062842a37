"""``isthmus doctor STACK``: what must stand before a first up, as a table or as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.doctor import Clouds, Finding

MARKS = {
    "ok": "[green]ok[/]",
    "failed": "[bold red]failed[/]",
    "unanswered": "[yellow]no answer[/]",
    "not asked": "[dim]not asked[/]",
}


def look(stack: str, as_json: bool) -> bool:
    """Run every check of a stack and print what came of it; whether all that was asked is well.

    Raises CommandError, SettingsError.
    """
    from infra.doctor import CHECKS, run
    from isthmus.cli.console import print_json

    clouds = clouds_of(stack)
    findings = run(CHECKS, clouds.settings, clouds)
    if as_json:
        print_json([_plain(each) for each in findings])
    else:
        _show(stack, findings)
    return not any(each.state in ("failed", "unanswered") for each in findings)


def clouds_of(stack: str) -> Clouds:
    """Both clouds of a stack, by the credentials of this shell. Raises CommandError, SettingsError."""
    from infra.doctor import Clouds
    from infra.settings import read
    from infra.settings.secrets_provider import KEY
    from infra.settings.stack_file import read_stack_file
    from isthmus.cli.errors import CommandError
    from rehearsal.home import project_root
    from rehearsal.stack_copy import STACK

    folder = project_root() / "stacks"
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(each.name.split(".")[1] for each in folder.glob("Pulumi.*.yaml"))) or "none"
        raise CommandError(f"there is no stack {stack} in {folder}; the stacks there are: {known}")
    environment: Mapping[str, str] = dict(os.environ)
    if stack == STACK:
        file, environment = _rehearsed()
    provider = read_stack_file(file, str(file)).rest.get(KEY)
    return Clouds(read(file, stack), provider, environment)


def _rehearsed() -> tuple[Any, Mapping[str, str]]:
    """The rehearsal's copy of the stack file, and the credentials of its private site."""
    from isthmus.cli.errors import CommandError
    from rehearsal.estate import Estate
    from rehearsal.openstack_services import services

    estate = Estate.find(lambda _: None)
    cloud = services.running(estate.home)
    if cloud is None:
        raise CommandError("no rehearsal is up, and stack local has no other clouds: run `isthmus up` first")
    given = {f"OS_{name.upper()}": value for name, value in cloud.credentials.items()}
    return estate.stack_file(), given


def _plain(finding: Finding) -> dict[str, object]:
    check = finding.check
    return {
        "check": check.name,
        "site": check.site,
        "state": finding.state,
        "said": list(finding.said),
        "looksAt": check.looks_at,
        "obtained": check.obtained,
    }


def _show(stack: str, findings: Sequence[Finding]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "Site", "What", "Found, or looked at"):
        table.add_column(title)
    for finding in findings:
        check = finding.check
        told = "\n".join(finding.said) if finding.state == "failed" else check.looks_at
        row = escape(told.replace("STACK", stack))
        if finding.state == "not asked":
            row += f"\n[dim]from:[/] {escape(check.obtained.replace('STACK', stack))}"
        table.add_row(MARKS[finding.state], check.site, check.name, row)
    print_table(table)
    # A site whose sign-in fails says so for each of its checks: told once.
    for state in ("unanswered", "not asked"):
        for why in dict.fromkeys(said for each in findings if each.state == state for said in each.said):
            names = [each.check.name for each in findings if each.state == state and why in each.said]
            out.print(f"{MARKS[state]} ({escape(', '.join(names))}): {escape(why)}")
    counts = {state: sum(each.state == state for each in findings) for state in MARKS}
    shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    out.print(f"\n{escape(stack)}: {shown}. Nothing was written anywhere.")


__all__ = ["clouds_of", "look"]
