"""The section ``orders`` on the command line: each key has its option, and every command has them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli.main import app
from isthmus.cli.orders_options import ACCEPT, KEYS, OPTIONS, orders_settings
from isthmus.settings.errors import SettingsError
from tests.training.shops import small_shop
from training.orders.format import Columns
from training.orders.settings import OrdersSettings

GIVEN: dict[str, tuple[Any, Any]] = {
    "column": (["customer=Kunde", "country=none"], Columns(customer="Kunde", country=None)),
    "dates": (["%d.%m.%Y", "epoch"], ("%d.%m.%Y", "epoch")),
    "time_zone": ("Europe/Berlin", "Europe/Berlin"),
    "decimal": (",", ","),
    "thousands": ("space", " "),
    "delimiter": ("tab", "\t"),
    "quote": ("none", None),
    "encoding": ("latin-1", "latin-1"),
    "product_code": ("[A-Z]+", "[A-Z]+"),
    "not_product": (["PORTO"], ("PORTO",)),
    "cancellation": ("", ""),
    "missing_customer": (["guest"], ("guest",)),
    "private_column": (["Mail"], ("Mail",)),
    "currency": ("EUR", "EUR"),
    "home_country": ("Germany", "Germany"),
    "limit": (["day.unreadable=0.3", "spare_rows=0"], {"day": {"unreadable": 0.3}, "spare_rows": 0}),
    "accept_fewer": (True, True),
}


def test_each_key_of_the_section_has_an_option_and_each_is_tried_here() -> None:
    assert set(KEYS.values()) == set(OrdersSettings.model_fields)
    assert set(GIVEN) == set(KEYS) == set(OPTIONS) - {"orders_settings"}


@pytest.mark.parametrize("option", GIVEN)
def test_an_option_sets_its_key(option: str) -> None:
    value_given, right = GIVEN[option]
    # Decimal commas without a quote need another delimiter than the usual one.
    settings = orders_settings({"delimiter": ";", option: value_given}, [])
    value = getattr(settings, KEYS[option])
    found = value.model_dump(exclude_unset=True) if option == "limit" else value
    assert found == right


def test_every_command_that_reads_raw_orders_has_the_options() -> None:
    commands: Any = typer.main.get_command(app)
    release = commands.commands["release"].commands
    readers = [*(commands.commands[name] for name in ("transfer", "train", "tune", "rehearse", "recommend"))]
    readers += [release["judge"], release["compare"], release["drift"]]
    for command in readers:
        names = {param.name for param in command.params}
        assert set(OPTIONS) - {ACCEPT} <= names, command.name
    assert {reader.name for reader in readers if ACCEPT in {param.name for param in reader.params}} == {
        "transfer",
        "rehearse",
    }


def _file(folder: Path, section: str) -> Path:
    path = folder / "orders.yaml"
    path.write_text(f"config:\n  isthmus:orders:\n{section}")
    return path


def test_options_go_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    file = _file(
        tmp_path, "    decimal: ','\n    delimiter: ';'\n    columns: {customer: Kunde, price: Preis}\n"
    )
    settings = orders_settings({"decimal": ".", "column": ["price=Betrag"], "orders_settings": file}, [file])
    assert (settings.decimal, settings.delimiter) == (".", ";")
    assert settings.columns == Columns(customer="Kunde", price="Betrag")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"delimiter": "ab"}, 'the options: orders.delimiter is "ab"; allowed is one character'),
        ({"column": ["kunde=K"]}, "orders.columns.kunde is not a known key"),
        (
            {"limit": ["day.unreadable=2"]},
            "orders.limits.day.unreadable is 2; allowed is a share",
        ),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','"),
    ],
)
def test_what_is_not_allowed_is_a_sentence(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        orders_settings(options, [])
    assert says in str(refused.value).replace(": is ", " is ")


def test_a_transfer_of_another_shop_by_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEUDONYM_KEY", "2026-11:a key of the private site")
    monkeypatch.setenv("COLUMNS", "200")
    orders = small_shop(tmp_path / "orders", days=4, customers=6)
    for file in orders.glob("*.csv.gz"):
        text = gzip.decompress(file.read_bytes()).decode()
        text = text.replace(".", "#").replace(",", ";").replace("#0;", ".0;").replace("#", ",")
        file.write_bytes(gzip.compress(text.encode("utf-16")))
    places = ("--to", str(tmp_path / "to"), "--private", str(tmp_path / "private"), "--hold-back-days", "1")
    command = ("transfer", "--orders", str(orders), *places)
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code != 0
    assert not (tmp_path / "to").exists()
    options = ("--delimiter", ";", "--decimal", ",", "--encoding", "utf-16")
    done = CliRunner().invoke(app, [*command, *options])
    assert done.exit_code == 0, done.output
    assert "4 batches sent" in done.stdout
