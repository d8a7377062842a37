"""The section ``orders`` as options of every command that reads raw orders, and from a file."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings

SECTION = "isthmus:orders"
RECEIVED, ACCEPT = "orders_settings", "accept_fewer"
"""The parameter by which a command gets the section; the option of its name is a file that holds one."""
PANEL = "How the orders are written (section orders; docs/settings.md)"
_NOTHING = "none"
_SPELLED = {"\\t": "\t", "tab": "\t", "space": " "}


def _option(help_text: str, metavar: str | None = None, *names: str) -> Any:
    return typer.Option(*names, help=help_text, metavar=metavar, rich_help_panel=PANEL, show_default=False)


OPTIONS: Mapping[str, Any] = {
    "orders_settings": Annotated[
        Path | None,
        typer.Option(
            help="Take the section isthmus:orders of this file: a stack file, or what `isthmus orders "
            "describe` wrote; the options below come before it.",
            envvar="ISTHMUS_ORDERS_SETTINGS",
            exists=True,
            dir_okay=False,
            rich_help_panel=PANEL,
        ),
    ],
    "column": Annotated[
        list[str] | None,
        _option(
            "What the shop calls a column: invoice, product, description, quantity, time, price, customer or "
            "country (country=none where there is none), and date where the column of the time lacks it. "
            "As often as you like.",
            "COLUMN=NAME",
        ),
    ],
    "dates": Annotated[
        list[str] | None,
        _option("How times are written, such as '%d/%m/%Y %H:%M', epoch or epoch_ms; several are tried."),
    ],
    "time_zone": Annotated[
        str | None, _option("Times with an offset (%z) are converted to this zone, such as Europe/London.")
    ],
    "decimal": Annotated[str | None, _option("Sign before the decimals.")],
    "thousands": Annotated[str | None, _option("Sign between groups of three digits, or none.")],
    "delimiter": Annotated[str | None, _option("Sign between cells; tab for a tab.")],
    "quote": Annotated[str | None, _option("Sign around cells, or none.")],
    "encoding": Annotated[str | None, _option("Encoding of the text, such as latin-1.")],
    "product_code": Annotated[str | None, _option("Regular expression of the codes of products.", "PATTERN")],
    "not_product": Annotated[
        list[str] | None, _option("A code that matches it and is no product; as often as you like.", "CODE")
    ],
    "cancellation": Annotated[
        str | None,
        _option("What a cancelling invoice's number begins with; '' where a negative quantity tells it."),
    ],
    "missing_customer": Annotated[
        list[str] | None,
        _option("A word for no customer, in place of the usual ones; as often as you like.", "WORD"),
    ],
    "private_column": Annotated[
        list[str] | None, _option("A further column that names someone; as often as you like.", "NAME")
    ],
    "currency": Annotated[str | None, _option("Currency of the prices, by ISO 4217.")],
    "home_country": Annotated[str | None, _option("Country of the shop, as the log writes it.")],
    "limit": Annotated[
        list[str] | None,
        _option(
            "A limit on what may be left out, such as day.unreadable=0.3, all.duplicates=0.5, spare_rows=0 "
            "or fewer=0.5; as often as you like.",
            "LIMIT=NUMBER",
        ),
    ],
    "accept_fewer": Annotated[
        bool,
        typer.Option(
            "--accept-fewer", help="Replace batches also by ones with far fewer rows.", rich_help_panel=PANEL
        ),
    ],
}
"""Options by parameter; ``KEYS`` says which key of the section each one sets."""
KEYS = {
    "column": "columns",
    "limit": "limits",
    "not_product": "not_products",
    "private_column": "private",
    **{
        name: name
        for name in OPTIONS
        if name not in ("orders_settings", "column", "limit", "not_product", "private_column")
    },
}
_FILES = ("orders_settings", "settings_file", "gates")
"""Options of a command that name a file with the section, the first one first."""


def reads_orders(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the section, and what they say as the keyword ``orders_settings``."""
    return _with(command, [name for name in OPTIONS if name != ACCEPT])


def replaces_orders(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that replaces batches the options of the section, and ``--accept-fewer``."""
    return _with(command, list(OPTIONS))


def _with(command: Callable[..., None], names: Sequence[str]) -> Callable[..., None]:
    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.name != RECEIVED
    ]
    scope = command.__globals__
    parameters = [
        parameter.replace(annotation=eval(parameter.annotation, scope))  # noqa: S307 - the command's own source
        if isinstance(parameter.annotation, str)
        else parameter
        for parameter in own
    ]
    parameters += [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == ACCEPT else None,
            annotation=OPTIONS[name],
        )
        for name in names
    ]

    @functools.wraps(command)
    def reading(*arguments: Any, **given_options: Any) -> None:
        options = {name: given_options.pop(name, None) for name in OPTIONS}
        files = [options.get("orders_settings"), *(given_options.get(name) for name in _FILES[1:])]
        settings = orders_settings(options, [file for file in files if file is not None])
        command(*arguments, **given_options, **{RECEIVED: settings})

    del reading.__wrapped__  # its signature would be taken for this one's
    reading.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    reading.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return reading


def orders_settings(options: Mapping[str, Any], files: Iterable[Path]) -> OrdersSettings:
    """The section of the first file that has one, with the options over it.

    Raises:
        CommandError: the file that ``--orders-settings`` names has no such section.
        SettingsError: naming the key, the value and what is allowed.
    """
    from isthmus.cli.settings_file import section_of
    from isthmus.settings.validation import validate
    from training.orders.settings import OrdersSettings

    where, section = "the options", dict[str, Any]()
    for number, file in enumerate(files):
        is_named = number == 0 and options.get("orders_settings") is not None
        found = section_of(file, SECTION, "isthmus orders describe", optional=not is_named)
        if found is not None:
            where, section = str(file), found
            break
    over = _from_options(options)
    for name in ("columns", "limits"):
        if name in over and isinstance(section.get(name), dict):
            over[name] = _merged(section[name], over[name])
    return validate(OrdersSettings, {**section, **over}, "the options" if over else where, "orders")


def _from_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say, by the keys of the section."""
    section: dict[str, Any] = {}
    for name, key in KEYS.items():
        value = options.get(name)
        if value in (None, False, []):
            continue
        if name == "column":
            section[key] = {column: _plain(called) for column, called in _pairs(value, "--column")}
        elif name == "limit":
            section[key] = _nested(_pairs(value, "--limit"))
        elif name in ("thousands", "quote"):
            section[key] = _plain(_SPELLED.get(value, value))
        elif name == "delimiter":
            section[key] = _SPELLED.get(value, value)
        else:
            section[key] = value
    return section


def _pairs(values: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for pair in values:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{option} is {pair}, but needs to be like NAME=VALUE")
        yield name.strip(), value.strip()


def _plain(text: str) -> str | None:
    return None if text == _NOTHING else text


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Limits by their dotted names, as numbers where they are some."""
    nested: dict[str, Any] = {}
    for name, text in pairs:
        *parts, last = name.split(".")
        place = nested
        for part in parts:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise typer.BadParameter(f"--limit {name} goes below a limit; see docs/settings.md")
        try:
            place[last] = int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            raise typer.BadParameter(f"--limit {name} is {text}, but needs to be a number") from None
    return nested


def _merged(below: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
