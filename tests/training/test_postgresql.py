"""Orders in a real PostgreSQL server: a reader with a password, its types, many rows, refusals."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus.errors import StoreFailed
from tests.training.postgres import Postgres, postgres
from tests.training.shops import small_shop
from training.errors import TrainingError
from training.orders import database
from training.orders.cleaning import clean
from training.orders.database import Database
from training.orders.settings import OrdersSettings
from training.orders.source import COLUMNS, Folder, open_source, read_day

PASSWORD = "p@ss:/w%rd"
READER = {"ORDERS_ACCESS_KEY_ID": "reader", "ORDERS_SECRET_ACCESS_KEY": PASSWORD}
CREATED = {
    "InvoiceNo": "invoice_no varchar(7) NOT NULL",
    "StockCode": "stock_code varchar(12) NOT NULL",
    "Description": "description text",
    "Quantity": "quantity integer NOT NULL",
    "InvoiceDate": "booked_at timestamp NOT NULL",
    "UnitPrice": "unit_price numeric(12, 3) NOT NULL",
    "CustomerID": "customer_no bigint",
    "Country": "country text",
}
DAY = date(2011, 9, 1)
AT_ONCE, ROWS = 10_000, 25_000
NAMES = {column: told.split()[0] for column, told in CREATED.items()}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server with a user who may read the tables of the schema ``sales``, and no others."""
    with postgres() as running:
        with running.engine().begin() as connection:
            # exec_driver_sql: sa.text would take the colon of the password for a parameter.
            connection.exec_driver_sql(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD.replace('%', '%%')}'")
            connection.execute(sa.text("CREATE SCHEMA sales"))
            connection.execute(sa.text("GRANT USAGE ON SCHEMA sales TO reader"))
            connection.execute(
                sa.text("ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO reader")
            )
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Folder:
    return Folder(small_shop(tmp_path / "orders", days=3, customers=8))


def _create(connection: sa.Connection, table: str, **other: str) -> sa.Table:
    columns = ", ".join({**CREATED, **other}.values())
    connection.execute(sa.text(f"CREATE TABLE {table} ({columns})"))
    schema, _, name = table.rpartition(".")
    return sa.Table(name, sa.MetaData(schema=schema or None), autoload_with=connection)


def _typed(row: dict[Any, str]) -> dict[str, Any]:
    kinds: dict[str, Callable[[str], Any]] = {
        "Quantity": int,
        "InvoiceDate": datetime.fromisoformat,
        "CustomerID": lambda text: int(float(text)) if text else None,
    }
    return {NAMES[column]: kinds.get(column, str)(value) for column, value in row.items()}


def _rows(files: Folder) -> list[dict[str, Any]]:
    return [_typed(row) for day in files.days() for row in read_day(files, day).to_dict("records")]


def test_days_of_typed_columns_are_the_days_of_the_files(server: Postgres, files: Folder) -> None:
    """Also numbers of customers where the files have ``13000.0``, and rows in any order."""
    with server.engine().begin() as connection:
        connection.execute(_create(connection, "sales.typed").insert(), _rows(files)[::-1])
    source = open_source(server.url("sales.typed", **NAMES), READER)
    assert PASSWORD not in source.url
    assert source.days() == files.days()
    for day in files.days():
        of_table, of_file = clean(day, read_day(source, day)), clean(day, read_day(files, day))
        assert of_table.counts == of_file.counts
        assert of_table.purchases.equals(of_file.purchases)


def test_a_table_of_texts_is_read_too(server: Postgres, files: Folder) -> None:
    """As an import of the files makes it, with their names of columns, which PostgreSQL has to quote."""
    with server.engine().begin() as connection:
        table = sa.Table(
            "texts", sa.MetaData(schema="sales"), *(sa.Column(name, sa.Text()) for name in COLUMNS)
        )
        table.create(connection)
        for day in files.days():
            connection.execute(table.insert(), read_day(files, day).to_dict("records"))  # type: ignore[arg-type]
    source = open_source(server.url("sales.texts"), READER)
    assert source.days() == files.days()
    for day in files.days():
        assert clean(day, read_day(source, day)).purchases.equals(clean(day, read_day(files, day)).purchases)


def test_times_prices_and_what_is_missing_are_written_as_the_files_write_them(server: Postgres) -> None:
    """A time with a zone is of the day that the database's clock had; a price keeps all its digits."""
    with server.engine().begin() as connection:
        connection.execute(sa.text("ALTER ROLE reader SET timezone = 'Europe/Athens'"))
        _create(connection, "sales.zoned", InvoiceDate="booked_at timestamptz NOT NULL")
        connection.execute(
            sa.text(
                "INSERT INTO sales.zoned VALUES "
                "('536365', '85123A', 'BOX \"A\", RED', 6, '2011-09-01 21:30:00.25+00', 2.55, 17850, 'UK'),"
                "('536366', '22139', NULL, -12, '2011-08-31 21:00:00+00', 12345678.9, NULL, NULL), "
                "('536364', '22139', 'TEA SET', 0, '2011-08-31 20:59:59+00', 0.001, 1, 'España')"
            )
        )
    try:
        source = open_source(server.url("sales.zoned", **NAMES), READER)
        days = source.days()
        texts = {day: gzip.decompress(source.raw(day)).decode().splitlines() for day in days}
    finally:
        with server.engine().begin() as connection:
            connection.execute(sa.text("ALTER ROLE reader RESET timezone"))
    assert texts == {
        date(2011, 8, 31): [",".join(COLUMNS), "536364,22139,TEA SET,0,2011-08-31 23:59:59,0.001,1,España"],
        date(2011, 9, 1): [",".join(COLUMNS), "536366,22139,,-12,2011-09-01 00:00:00,12345678.900,,"],
        date(2011, 9, 2): [
            ",".join(COLUMNS),
            '536365,85123A,"BOX ""A"", RED",6,2011-09-02 00:30:00,2.550,17850,UK',
        ],
    }


@pytest.fixture
def large(server: Postgres) -> Database:
    """A table of one day with more rows than are fetched at once."""
    with server.engine().begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS sales.large"))
        _create(connection, "sales.large")
        many = sa.text(
            "INSERT INTO sales.large SELECT 536365, '85123A', 'HOLDER', number, "
            "timestamp '2011-09-01 10:00' + number * interval '1 second', 2.55, 17850, 'UK' "
            "FROM generate_series(1, :rows) AS number"
        )
        connection.execute(many, {"rows": ROWS})
    found = open_source(server.url("sales.large", **NAMES), READER)
    assert isinstance(found, Database)
    return found


def test_a_large_day_comes_in_pieces(server: Postgres, large: Database) -> None:
    """The server's log tells how the rows were fetched: by a cursor, not all at once."""
    already = server.log.stat().st_size
    read = read_day(large, DAY)
    assert read["Quantity"].astype(int).tolist() == list(range(1, ROWS + 1))
    statements = server.log.read_bytes()[already:].decode()
    fetched = [int(number) for number in re.findall(r"FETCH FORWARD (\d+) FROM", statements)]
    assert max(fetched) == AT_ONCE
    assert sum(fetched) >= ROWS


def test_a_connection_that_breaks_in_the_middle_may_be_tried_again(
    server: Postgres, large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read by then is no day: it must not be taken for one."""
    broken: list[int] = []

    def written(value: object) -> str:
        if not broken:
            with server.engine().connect() as connection:
                end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
                broken.extend(connection.execute(sa.text(end)).scalars())
        return str(value)

    monkeypatch.setattr(database, "_written", written)
    with pytest.raises(StoreFailed, match=r"cannot be read: .*terminating connection") as refused:
        large.raw(DAY)
    assert broken
    assert "\n" not in str(refused.value)
    assert len(gzip.decompress(large.raw(DAY)).splitlines()) == ROWS + 1


@pytest.mark.parametrize(
    ("table", "keys", "says"),
    [
        ("sales.order", READER, "has no table sales.order; name one with table=NAME"),
        ("typed", READER, "has no table typed; name one with table=NAME"),
        ("sales.plain", READER, "has no column InvoiceNo, only booked_at, country, customer_no"),
        ("public.hidden", READER, "cannot be read: permission denied for table hidden"),
        ("sales.plain", {**READER, "ORDERS_SECRET_ACCESS_KEY": "guessed"}, "password authentication failed"),
        ("sales.plain", {"ORDERS_ACCESS_KEY_ID": "reader"}, "cannot be read: .*no password supplied"),
    ],
)
def test_what_is_wrong_is_one_sentence_without_the_password(
    server: Postgres, table: str, keys: dict[str, str], says: str
) -> None:
    with server.engine().begin() as connection:
        for name in ("sales.plain", "public.hidden"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
            _create(connection, name)
    names = {} if "no column" in says else NAMES
    with pytest.raises((TrainingError, StoreFailed), match=says) as refused:
        open_source(server.url(table, **names), keys).days()
    assert not any(word in str(refused.value) for word in (PASSWORD, "guessed"))
    assert "\n" not in str(refused.value)


def test_dates_without_times_and_a_time_zone_of_the_shop_give_the_right_days(server: Postgres) -> None:
    rows = "('1', '22139', 'TEA', 6, '{at}', 2.55, 17850, 'UK')"
    with server.engine().begin() as connection:
        for table, kind, at in (
            ("dated", "date", "2011-09-01"),
            ("shop", "timestamptz", "2011-08-31 22:30:00Z"),
        ):
            _create(connection, f"sales.{table}", InvoiceDate=f"booked_at {kind} NOT NULL")
            connection.execute(sa.text(f"INSERT INTO sales.{table} VALUES {rows.format(at=at)}"))  # noqa: S608
    for table, at in (("dated", "2011-09-01 00:00:00"), ("shop", "2011-09-01 01:30:00")):
        settings = OrdersSettings(time_zone="Europe/Athens")
        source = open_source(server.url(f"sales.{table}", **NAMES), READER, settings)
        assert source.days() == [DAY]
        assert read_day(source, DAY)["InvoiceDate"].tolist() == [at]
