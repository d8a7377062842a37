"""``isthmus recommend``: what a customer should see next, from the Triton server that runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from isthmus.cli.orders_folder import OrdersFolder
from isthmus.cli.orders_options import reads_orders
from isthmus.cli.releases_bucket import ReleasesBucket, store_of

if TYPE_CHECKING:
    from isthmus_client import Answer, Recommender
    from training.orders.settings import OrdersSettings
    from training.transfer.pseudonym import Pseudonyms

NAMESPACE, SERVICE = "serving", "triton"
SHOWN_BOUGHT = 5


@reads_orders
def recommend(
    customers: Annotated[
        list[str] | None,
        typer.Argument(help="Customer ids, as the order log has them.", metavar="CUSTOMER..."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Every customer, in place of naming some; with --out or --json.")
    ] = False,
    top: Annotated[int, typer.Option("--top", "-n", min=1, max=1000, help="Products for each.")] = 10,
    only_new: Annotated[
        bool, typer.Option("--only-new", help="Leave out what the customer has bought before.")
    ] = False,
    basket: Annotated[
        list[str] | None,
        typer.Option(help="A product in the basket, by its code; may be given again.", metavar="CODE"),
    ] = None,
    viewed: Annotated[
        list[str] | None,
        typer.Option(help="A product that was just looked at; may be given again.", metavar="CODE"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="When it is by the shop's clock, as in 2011-10-03T14:30: the day of the week counts.",
            metavar="TIME",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write customer,rank,product,score to this CSV file.", metavar="FILE.csv"),
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            help="Ask this release, a directory or sha256:... in the estate's bucket: Triton is started on "
            "it for this command.",
            metavar="RELEASE",
        ),
    ] = None,
    optimised: Annotated[
        Path | None,
        typer.Option(
            help="With --release, let the models in this folder answer, which `isthmus release optimise` "
            "chose of it."
        ),
    ] = None,
    orders: OrdersFolder = None,
    bucket: ReleasesBucket = None,
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
            help="Key of the private site that makes pseudonyms; absent: your own for a release directory, "
            "else the rehearsal's.",
        ),
    ] = None,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="The customers are given as pseudonyms: no key is needed.")
    ] = False,
    *,
    orders_settings: OrdersSettings,
) -> None:
    """Recommend products to customers, with what they had bought and why.

    An unknown customer gets the popular products, and is told so. --all asks for every customer of the
    orders (a server), or of the release (--release), by the ids of the source: it runs where the key is.

    Example:  isthmus recommend 14911 12748 --top 5 --only-new

    --basket, --viewed and --at change the answer by what the question brings.

    Example:  isthmus recommend 14911 --basket 22720 --basket 22722 --at 2011-10-03

    Example:  isthmus recommend --all --release release/ --top 20 --out recommended.csv
    """
    from isthmus.cli.asked_customers import all_customers
    from isthmus.cli.errors import CommandError
    from isthmus.cli.release_key import another_key, fitting
    from training.release import read

    named = customers or []
    _check(named, everybody, as_json, out, release, url or site)
    if optimised is not None and release is None:
        raise CommandError("--optimised is of a release; name it with --release")
    with _release(release, bucket) as directory:
        local = release is not None and not release.startswith("sha256:")
        key_id = None if directory is None else read(directory).pseudonym_key
        keys = None if pseudonyms else fitting(_pseudonyms(key, own=local), key_id)
        pseudonym = str if keys is None else keys.customer
        another = "" if keys is None else another_key(keys, key_id)
        asked = (
            all_customers(directory, orders, pseudonym, pseudonyms, another, orders_settings)
            if everybody
            else named
        )
        with _recommender(directory, url, site, pseudonym, optimised) as recommender:
            strangers: list[str] = []
            context = {"basket": basket or [], "viewed": viewed or [], "time": at}
            answers = _noted(_answers(recommender, asked, top, only_new, context), strangers)
            if everybody:
                # A log of orders may name customers that the release never saw.
                answers = (answer for answer in _counted(answers, len(asked)) if answer.known)
            if out is not None:
                _say_written(out, answers)
            else:
                for number, answer in enumerate(answers):
                    if as_json:
                        print(json.dumps(answer.to_dict(), ensure_ascii=False))
                    else:
                        _show(answer, only_new=only_new, first=number == 0)
            if strangers and keys is not None:
                _say_another_key(another if directory else another_key(keys, recommender.pseudonym_key()))


def _check(
    named: list[str],
    everybody: bool,
    as_json: bool,
    out: Path | None,
    release: str | None,
    server: str | None,
) -> None:
    from isthmus.cli.errors import CommandError
    from isthmus.outputs import refuse_as_file

    if everybody and named:
        raise CommandError(f"--all is for every customer, but {named[0]} is named too; leave one of them out")
    if not everybody and not named:
        raise CommandError("no customer is named; name some, as in `isthmus recommend 14911`, or give --all")
    if everybody and out is None and not as_json:
        raise CommandError("--all needs a place for the answers: --out FILE.csv, or --json")
    if out is not None and as_json:
        raise CommandError("--out writes a CSV file, --json prints; give one of them")
    if out is not None:
        refuse_as_file(out, "name another file with --out")
    if release is not None and server is not None:
        raise CommandError("--release starts a server of its own; leave out --url and --site")


@contextmanager
def _release(release: str | None, bucket: str | None) -> Iterator[Path | None]:
    """The directory of a release; of one in the bucket, for the time of the block."""
    import tempfile

    if release is None:
        yield None
    elif release.startswith("sha256:"):
        with tempfile.TemporaryDirectory(prefix="isthmus-release-") as folder:
            yield store_of(bucket).pull(release, Path(folder))
    else:
        from training.release import verify

        verify(Path(release))
        yield Path(release)


@contextmanager
def _recommender(
    release: Path | None,
    url: str | None,
    site: str | None,
    pseudonym: Callable[[str], str],
    optimised: Path | None,
) -> Iterator[Recommender]:
    from isthmus.cli.console import err
    from isthmus.errors import IsthmusError, WrongData
    from isthmus_client import ClientError, QuestionRefused, Recommender

    try:
        with ExitStack() as stack:
            if release is None:
                recommender = Recommender(url or _endpoint(site), pseudonym=pseudonym, patience_s=2)
                yield stack.enter_context(recommender)
                return
            from serving.local.serve_release import serve_release

            with err.status("starting Triton on the release"):
                recommender = stack.enter_context(serve_release(release, pseudonym, optimised))
            yield recommender
    except QuestionRefused as error:
        raise WrongData(str(error)) from None
    except ClientError as error:
        raise IsthmusError(str(error)) from None


def _answers(
    recommender: Recommender, customers: list[str], top: int, only_new: bool, context: dict[str, Any]
) -> Iterator[Answer]:
    if len(customers) == 1:
        # An application keeps its connection open: measure an answer without opening it.
        recommender.recommend(customers[0], 1)
        return iter([recommender.recommend(customers[0], top, only_new, **context)])
    if any(context.values()):
        return (recommender.recommend(customer, top, only_new, **context) for customer in customers)
    return recommender.recommend_all(customers, top, only_new)


def _counted(answers: Iterable[Answer], number: int) -> Iterator[Answer]:
    """Hand the answers on, and show a bar on stderr."""
    from rich.progress import track

    from isthmus.cli.console import err

    yield from track(answers, "recommend", number, console=err, transient=True, disable=not err.is_terminal)


def _noted(answers: Iterable[Answer], strangers: list[str]) -> Iterator[Answer]:
    """Hand the answers on; customers that the release does not know are added to ``strangers``."""
    for answer in answers:
        if not answer.known:
            strangers.append(answer.customer)
        yield answer


def _say_another_key(sentence: str) -> None:
    from rich.markup import escape

    from isthmus.cli.console import err

    if sentence:
        err.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)


def _say_written(out: Path, answers: Iterable[Answer]) -> None:
    from isthmus.cli.answers_file import write_answers
    from isthmus.cli.console import err

    err.print(f"{out}: products for {write_answers(out, answers):,} customers")


def _show(answer: Answer, *, only_new: bool, first: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    if not first:
        out.print()
    customer = escape(answer.customer)
    facts = f"[dim]{answer.milliseconds:.1f} ms, release {escape(answer.release[:19])}[/]"
    if answer.known:
        out.print(f"[bold]Customer {customer}[/]  {facts}")
        shown = answer.bought[:SHOWN_BOUGHT]
        more = answer.bought_count - len(shown)
        bought = "; ".join(escape(product.description or product.code) for product in shown)
        out.print(f"had bought: {bought}{f' [dim]and {more} more[/]' if more > 0 else ''}")
    else:
        out.print(f"[bold]Customer {customer}[/] [yellow]is not known to this release[/]  {facts}")
        if answer.reason == "popular":
            out.print("Popular products instead:")
        else:
            out.print("Products that go with the basket:")
    if not answer.products:
        out.print(f"[yellow]No product is left to recommend: {escape(answer.fewer)}[/]", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right", style="dim")
    table.add_column("Code")
    table.add_column("New to the customer" if answer.known and only_new else "Product")
    table.add_column("Score", justify="right")
    table.add_column("Why", style="dim")
    for rank, product in enumerate(answer.products, 1):
        score = f"{product.score:.3f}" if product.reason != "popular" else ""
        table.add_row(str(rank), escape(product.code), escape(product.description), score, product.reason)
    print_table(table)
    for note in filter(None, (answer.fewer, "" if answer.context == "used" else answer.context)):
        out.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)


def _pseudonyms(key: str | None, *, own: bool) -> Pseudonyms:
    from training.transfer.pseudonym import Pseudonyms

    if key is None and own:
        from training.jobs.local.key import pseudonym_key

        key = pseudonym_key()
    elif key is None:
        from isthmus.cli.console import err
        from rehearsal.orders import throwaway_keys

        err.print(
            "no key is given, so customers are looked for by the rehearsal's throw-away key; "
            "for another server give its key with --key or PSEUDONYM_KEY"
        )
        key = throwaway_keys().pseudonym
    return Pseudonyms(key)


def _endpoint(site: str | None) -> str:
    """Address of a ready Triton server of the rehearsal."""
    from isthmus.cli.errors import CommandError
    from rehearsal.cluster.of_home import clusters_of, of_sites
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
