"""Orders in a database (SQLite, really) are the orders that the files hold."""

from __future__ import annotations

import io
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus.errors import StoreFailed
from tests.training.shops import SAMPLE, small_shop
from training.errors import TrainingError
from training.orders.cleaning import clean
from training.orders.format import Columns
from training.orders.settings import OrdersSettings
from training.orders.source import COLUMNS, Folder, open_source, read_day, read_rows


def _as_text(path: Path, source: Folder, names: dict[str, str] | None = None) -> str:
    """The orders in a table of texts, as an import of the files would make it."""
    named = [(names or {}).get(column, column) for column in COLUMNS]
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE lines ({', '.join(f'{column} TEXT' for column in named)})")
        for day in reversed(source.days()[:3]):
            rows = read_day(source, day).to_numpy().tolist()
            connection.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * 8)})", rows)  # noqa: S608
    renamed = "".join(f"&{column}={name}" for column, name in (names or {}).items())
    return f"sqlite:///{path}?table=lines{renamed}"


@pytest.mark.parametrize("names", [None, {"CustomerID": "customer_no", "InvoiceDate": "booked_at"}])
def test_day_of_a_table_is_the_day_of_a_file(tmp_path: Path, names: dict[str, str] | None) -> None:
    files = Folder(SAMPLE)
    database = open_source(_as_text(tmp_path / "shop.db", files, names), {})
    assert database.days() == files.days()[:3]
    for day in database.days():
        of_table, of_file = clean(day, read_day(database, day)), clean(day, read_day(files, day))
        assert of_table.counts == of_file.counts
        columns = list(of_table.purchases.columns)
        assert of_table.purchases.sort_values(columns, ignore_index=True).equals(
            of_file.purchases.sort_values(columns, ignore_index=True)
        )


def test_a_date_in_a_column_of_its_own_needs_a_view(tmp_path: Path) -> None:
    url = _as_text(tmp_path / "shop.db", Folder(SAMPLE))
    with pytest.raises(TrainingError, match=r"orders\.columns\.date is Day, but a database"):
        open_source(url, {}, OrdersSettings(columns=Columns(date="Day")))


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
            "orders", sa.MetaData(), *(sa.Column(name, kinds.get(name, sa.String())) for name in COLUMNS)
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
    with pytest.raises((TrainingError, StoreFailed), match=says) as refused:
        open_source(url.format(folder=tmp_path), {}).days()
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_user_and_password_come_from_the_secret_and_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url_used = io.StringIO()
    monkeypatch.setattr(
        sa, "create_engine", lambda url: url_used.write(url.render_as_string(hide_password=False))
    )
    keys = {"ORDERS_ACCESS_KEY_ID": "reader", "ORDERS_SECRET_ACCESS_KEY": "p@ss"}
    source = open_source("postgresql+psycopg://db.internal/shop?table=sales.orders", keys)
    assert url_used.getvalue() == "postgresql+psycopg://reader:p%40ss@db.internal/shop"
    assert "p@ss" not in source.url
    shown = open_source("postgresql+psycopg://a:hidden@db.internal/shop?table=orders", keys).url
    assert "hidden" not in shown


def _database(path: Path, columns: str, rows: list[tuple[object, ...]]) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE orders ({columns})")
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
    return f"sqlite:///{path}?table=orders"


TYPED = (
    "InvoiceNo INTEGER, StockCode TEXT, Description BLOB, Quantity NUMERIC, InvoiceDate {time}, "
    "UnitPrice NUMERIC(10, 2), CustomerID INTEGER, Country TEXT"
)


@pytest.mark.parametrize("kind", ["DATE", "DATETIME", "TIMESTAMP", "TEXT", "VARCHAR(30)"])
@pytest.mark.parametrize("written", ["{day}", "{day} 10:20:30", "{day}T10:20:30", "{day} 10:20:30.123456"])
def test_each_day_has_its_own_rows_however_sqlite_keeps_the_time(
    tmp_path: Path, kind: str, written: str
) -> None:
    days = ("2011-09-01", "2011-09-02", "2011-09-03")
    rows: list[tuple[object, ...]] = [
        (number, "85123A", b"CUP", 2, written.format(day=day), 1e-05, 17850, "UK")
        for number, day in enumerate(days)
    ]
    source = open_source(_database(tmp_path / "shop.db", TYPED.format(time=kind), rows), {})
    assert [str(day) for day in source.days()] == list(days)
    for number, day in enumerate(source.days()):
        (row,) = read_day(source, day).to_dict("records")
        assert row["InvoiceNo"] == str(number)
        assert row["UnitPrice"] == "0.00001"
        assert row["Description"] == "CUP"
        assert row["InvoiceDate"].startswith(str(day))
        assert clean(day, read_day(source, day)).counts["kept"] == 1


def test_text_in_a_column_of_numbers_is_a_row_that_is_left_out(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        (1, "85123A", "CUP", 2, "2011-09-01 10:00:00", 2.5, 17850, "UK"),
        (2, "85123A", "CUP", "n/a", "2011-09-01 10:00:00", 2.5, 17850, "UK"),
        (3, "85123A", "CUP", 2, "2011-09-01 10:00:00", "free", "nobody", "UK"),
    ]
    source = open_source(_database(tmp_path / "shop.db", TYPED.format(time="DATETIME"), rows), {})
    cleaned = clean(source.days()[0], read_day(source, source.days()[0]))
    assert (cleaned.counts["kept"], cleaned.counts["unreadable"]) == (1, 2)
    assert set(cleaned.rejects["Quantity"]) == {"n/a", "2"}


def test_columns_of_the_section_orders_are_read(tmp_path: Path) -> None:
    columns = TYPED.format(time="DATETIME").replace("CustomerID", "who").replace("Country TEXT", "mail TEXT")
    row = (1, "85123A", "CUP", 2, "2011-09-01 10:00:00", 2.5, 17850, "anna@example.com")
    url = _database(tmp_path / "shop.db", columns, [row])
    settings = OrdersSettings(columns=Columns(customer="who", country=None), private=("mail",))
    source = open_source(url, {}, settings)
    rows = read_rows(source, source.days()[0])
    assert rows.rows.iloc[0].to_dict() | {"CustomerID": "17850", "Country": ""} == rows.rows.iloc[0].to_dict()
    assert rows.private["mail"].tolist() == ["anna@example.com"]


@pytest.mark.parametrize(
    ("time", "value", "says"),
    [
        ("DATETIME", "never", "column InvoiceDate holds 'never', which is no day such as"),
        ("INTEGER", 1314871200, "InvoiceDate is of type INTEGER, but needs to be a time"),
    ],
)
def test_time_that_is_none_is_a_sentence(tmp_path: Path, time: str, value: object, says: str) -> None:
    row = (1, "85123A", "CUP", 2, value, 2.5, 17850, "UK")
    source = open_source(_database(tmp_path / "shop.db", TYPED.format(time=time), [row]), {})
    with pytest.raises(TrainingError, match=says):
        source.days()


@pytest.mark.parametrize("content", [None, b"no database", b""])
def test_file_that_is_no_database_is_a_sentence_and_none_is_made_by_looking(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "shop.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((TrainingError, StoreFailed), match=r"cannot be read|has no table orders"):
        open_source(f"sqlite:///{path}?table=orders", {}).days()
    assert (path.read_bytes() if path.exists() else None) == content
