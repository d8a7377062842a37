"""``isthmus recommend``: what a customer should see next, from the Triton server that runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from serving.answer import Answer

NAMESPACE, SERVICE = "serving", "triton"
SHOWN_BOUGHT = 5


def recommend(
    customers: Annotated[
        list[str], typer.Argument(help="Customer ids, as the order log has them.", metavar="CUSTOMER...")
    ],
    top: Annotated[int, typer.Option("--top", "-n", min=1, max=1000, help="Products for each.")] = 10,
    only_new: Annotated[
        bool, typer.Option("--only-new", help="Leave out what the customer has bought before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    site: Annotated[
        Literal["aws", "openstack"] | None, typer.Option(help="Ask this site; absent: any that answers.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Ask this Triton server: grpc://HOST:8001 or http://HOST:8000.", metavar="URL"),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="PSEUDONYM_KEY",
            show_envvar=True,
            help="Key of the private site that makes pseudonyms; absent: the rehearsal's.",
        ),
    ] = None,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="The customers are given as pseudonyms: no key is needed.")
    ] = False,
) -> None:
    """Recommend products to customers, with what they had bought and why.

    An unknown customer gets the popular products, and is told so.

    Example:  isthmus recommend 14911 12748 --top 5 --only-new
    """
    from serving.client import Recommender

    named = _pseudonym(key, pseudonyms)
    with Recommender(url or _endpoint(site), pseudonym=named, patience_s=2) as recommender:
        if len(customers) == 1:
            # An application keeps its connection open: measure an answer without opening it.
            recommender.recommend(customers[0], 1)
            answers = iter([recommender.recommend(customers[0], top, only_new)])
        else:
            answers = recommender.recommend_all(customers, top, only_new)
        for number, answer in enumerate(answers):
            if as_json:
                print(json.dumps(answer.to_dict(), ensure_ascii=False))
            else:
                _show(answer, only_new=only_new, first=number == 0)


def _show(answer: Answer, *, only_new: bool, first: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from cli.console import out

    if not first:
        out.print()
    customer = escape(answer.customer)
    facts = f"[dim]{answer.milliseconds:.1f} ms, release {escape(answer.release[:19])}[/]"
    if answer.known:
        out.print(f"[bold]Customer {customer}[/]  {facts}")
        shown = answer.bought[:SHOWN_BOUGHT]
        more = answer.bought_count - len(shown)
        bought = "; ".join(escape(one.description or one.code) for one in shown)
        out.print(f"had bought: {bought}{f' [dim]and {more} more[/]' if more > 0 else ''}")
    else:
        out.print(f"[bold]Customer {customer}[/] [yellow]is not known to this release[/]  {facts}")
        out.print("Popular products instead:")
    if not answer.products:
        out.print("[yellow]No product is left to recommend.[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right", style="dim")
    table.add_column("Code")
    table.add_column("New to the customer" if answer.known and only_new else "Product", overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Why", style="dim")
    for rank, product in enumerate(answer.products, 1):
        score = f"{product.score:.3f}" if product.reason == "personal" else ""
        table.add_row(str(rank), escape(product.code), escape(product.description), score, product.reason)
    out.print(table)


def _pseudonym(key: str | None, given: bool) -> Callable[[str], str]:
    if given:
        return str
    from training.transfer.pseudonym import Pseudonyms

    if key is None:
        from rehearsal.orders import throwaway_keys

        key = throwaway_keys().pseudonym
    return Pseudonyms(key).customer


def _endpoint(site: str | None) -> str:
    """Address of a ready Triton server of the rehearsal."""
    from cli.errors import CommandError
    from rehearsal.cluster.endpoints import clusters_of, of_sites
    from rehearsal.home import Home

    home = Home.find()
    for address in of_sites(home, site, NAMESPACE, SERVICE, "grpc"):
        return f"grpc://{address}"
    where = f"on site {site}" if site else "in this rehearsal"
    if not clusters_of(home, site):
        raise CommandError(
            f"no cluster {where}, so nothing can answer: run `isthmus rehearse`, or name a server with --url"
        )
    raise CommandError(
        f"no Triton server is ready {where}: `isthmus status` shows what runs and `isthmus logs` why not, "
        "`isthmus rehearse` builds what is missing, and --url names a server elsewhere"
    )
