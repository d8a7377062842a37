"""Orders in a database (SQLite, really) are the orders that the files hold."""

from __future__ import annotations

import io
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.training.shops import SAMPLE, small_shop
from training.errors import TrainingError
from training.orders.cleaning import clean
from training.orders.source import COLUMNS, Folder, open_source, read_day


def _as_text(path: Path, source: Folder, names: dict[str, str] | None = None) -> str:
    """The orders in a table of texts, as an import of the files would make it."""
    named = [(names or {}).get(column, column) for column in COLUMNS]
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE lines ({', '.join(f'{one} TEXT' for one in named)})")
        for day in reversed(source.days()[:3]):
            rows = read_day(source, day).to_numpy().tolist()
            connection.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * 8)})", rows)  # noqa: S608
    told = "".join(f"&{column}={name}" for column, name in (names or {}).items())
    return f"sqlite:///{path}?table=lines{told}"


@pytest.mark.parametrize("names", [None, {"CustomerID": "customer_no", "InvoiceDate": "booked_at"}])
def test_day_of_a_table_is_the_day_of_a_file(tmp_path: Path, names: dict[str, str] | None) -> None:
    files = Folder(SAMPLE)
    database = open_source(_as_text(tmp_path / "shop.db", files, names), {})
    assert database.days() == files.days()[:3]
    for day in database.days():
        here, there = clean(day, read_day(database, day)), clean(day, read_day(files, day))
        assert here.counts == there.counts
        columns = list(here.purchases.columns)
        assert here.purchases.sort_values(columns, ignore_index=True).equals(
            there.purchases.sort_values(columns, ignore_index=True)
        )


def test_typed_columns_read_as_the_files_write_them_and_in_one_order(tmp_path: Path) -> None:
    files = Folder(small_shop(tmp_path / "orders", days=3, customers=6))
    days, contents = files.days(), []
    for name, backwards in (("a", False), ("b", True)):
        engine = sa.create_engine(f"sqlite:///{tmp_path / name}.db")
        kinds: dict[str, Any] = {
            "Quantity": sa.Integer(),
            "InvoiceDate": sa.DateTime(),
            "UnitPrice": sa.Numeric(10, 2),
        }
        table = sa.Table(
            "orders", sa.MetaData(), *(sa.Column(one, kinds.get(one, sa.String())) for one in COLUMNS)
        )
        table.create(engine)
        rows = [row for day in days for row in read_day(files, day).to_dict("records")]
        typed: list[dict[str, Any]] = [
            {
                **{str(column): value for column, value in row.items()},
                "Quantity": int(row["Quantity"]),
                "UnitPrice": float(row["UnitPrice"]),
                "InvoiceDate": datetime.fromisoformat(row["InvoiceDate"]),
                "CustomerID": row["CustomerID"] or None,
            }
            for row in rows
        ]
        with engine.begin() as connection:
            connection.execute(table.insert(), typed[::-1] if backwards else typed)
        source = open_source(f"sqlite:///{tmp_path / name}.db?table=orders", {})
        assert source.days() == days
        for day in days:
            assert clean(day, read_day(source, day)).purchases.equals(
                clean(day, read_day(files, day)).purchases
            )
        contents.append([source.raw(day) for day in days])
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///{folder}/shop.db", "names no table"),
        ("sqlite:///{folder}/shop.db?table=order", "no table order; name one"),
        ("sqlite:///{folder}/shop.db?table=lines&CustomerID=who", "no column who, only Country, CustomerID"),
        ("sqlite:///{folder}/nowhere/shop.db?table=lines", "unable to open database file"),
        ("postgresql+nodriver://a:secret@host/shop?table=lines", "cannot be read"),
        ("oracle://a:secret@host/shop?table=lines", "driver '.*' of the orders' database is not installed"),
        ("postgresql+psycopg://a:secret@127.0.0.1:1/shop?table=lines", "cannot be read: .*refused"),
        ("ftp://a:secret@host/shop", "allowed are file:///FOLDER/, s3://BUCKET/PREFIX/ and the databases"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_without_the_password(tmp_path: Path, url: str, says: str) -> None:
    _as_text(tmp_path / "shop.db", Folder(SAMPLE))
    with pytest.raises(TrainingError, match=says) as refused:
        open_source(url.format(folder=tmp_path), {}).days()
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_user_and_password_come_from_the_secret_and_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.StringIO()
    monkeypatch.setattr(
        sa, "create_engine", lambda url: made.write(url.render_as_string(hide_password=False))
    )
    keys = {"ORDERS_ACCESS_KEY_ID": "reader", "ORDERS_SECRET_ACCESS_KEY": "p@ss"}
    source = open_source("postgresql+psycopg://db.internal/shop?table=sales.orders", keys)
    assert made.getvalue() == "postgresql+psycopg://reader:p%40ss@db.internal/shop"
    assert "p@ss" not in source.url
    shown = open_source("postgresql+psycopg://a:hidden@db.internal/shop?table=orders", keys).url
    assert "hidden" not in shown
