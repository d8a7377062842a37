"""Orders in a database, by SQLAlchemy: each day is read as if it were a by-day file.

``postgresql+psycopg://HOST/SHOP?table=orders&CustomerID=customer_no`` reads the table ``orders`` (also
``schema.orders``), whose columns are called as in the files unless the URL says otherwise. User and password
may be in the URL, but better come from ORDERS_ACCESS_KEY_ID and ORDERS_SECRET_ACCESS_KEY, which are secrets.

Values are taken as the driver gives them, so that a text in a column of numbers (SQLite keeps it) is a row
that the cleaning leaves out, and not the end of it. A time with a zone is read by the clock of the session,
which is that of ``orders.time_zone`` where it is not left at its default.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import StoreFailed
from training.errors import TrainingError
from training.orders.format import Columns
from training.orders.settings import OrdersSettings

if TYPE_CHECKING:
    import sqlalchemy as sa

TABLE = "table"
_ROWS_AT_ONCE = 10_000
_SET_ZONE = {
    "postgresql": "SET TIME ZONE '{zone}'",
    "mysql": "SET time_zone = '{zone}'",
    "mariadb": "SET time_zone = '{zone}'",
}


class Database:
    """A table of orders.

    Args:
        url: of SQLAlchemy, with ``table`` and the names of columns as parameters.
        columns: of the by-day files.
        environment: for user and password where the URL has none.
        settings: of the shop; what they say of the writing of files does not count here.

    Raises:
        TrainingError: the URL is none, its driver is not installed, or it names no table.
    """

    def __init__(
        self,
        url: str,
        columns: tuple[str, ...],
        environment: Mapping[str, str],
        settings: OrdersSettings | None = None,
    ) -> None:
        import sqlalchemy as sa

        shop = settings or OrdersSettings()
        if shop.columns.date is not None:
            raise TrainingError(
                f"orders.columns.date is {shop.columns.date}, but a database tells date and time in one "
                "column; name a view that puts both together, or leave it out"
            )
        self.settings = as_a_database_writes(shop)
        self._zone = shop.time_zone if shop.time_zone != OrdersSettings().time_zone else None
        try:
            parsed = sa.make_url(url)
            query = {name: str(parsed.query[name]) for name in (TABLE, *columns) if name in parsed.query}
            connected = parsed.difference_update_query([TABLE, *columns])
            if not connected.username and connected.host and environment.get("ORDERS_ACCESS_KEY_ID"):
                connected = connected.set(
                    username=environment["ORDERS_ACCESS_KEY_ID"],
                    password=environment.get("ORDERS_SECRET_ACCESS_KEY"),
                )
            self._engine = sa.create_engine(connected)
        except ModuleNotFoundError as error:
            raise TrainingError(
                f"the driver {error.name!r} of the orders' database is not installed; "
                "name another one, such as postgresql+psycopg://, or install it"
            ) from None
        except sa.exc.ArgumentError:
            raise TrainingError(
                "the URL of the orders' database cannot be read; it needs to be like "
                "postgresql+psycopg://HOST/DATABASE?table=orders"
            ) from None
        self.url = parsed.render_as_string(hide_password=True)
        if TABLE not in query:
            raise TrainingError(f"{self.url} names no table; append ?table=NAME (or &table=NAME)")
        self._table_name = query.pop(TABLE)
        called = {column: query.get(column, name) for column, name in shop.columns.named().items()}
        self._names = {column: name for column, name in called.items() if name is not None}
        self._lacking = [column for column in columns if column not in self._names]
        self._names |= {name: name for name in shop.private}

    def days(self) -> list[date]:
        """The days there are, oldest first."""
        import sqlalchemy as sa

        at = self._at
        day = sa.func.substr(at, 1, 10) if self._is_text else sa.cast(at, sa.Date)
        with self._connected() as connection:
            query = sa.select(sa.type_coerce(day, sa.types.NullType())).where(at.is_not(None)).distinct()
            values = connection.execute(query).scalars().all()
        days = set()
        for value in values:
            try:
                days.add(date.fromisoformat(str(value)[:10]))
            except ValueError:
                raise TrainingError(
                    f"{self.url}: column {self._names['InvoiceDate']} holds {str(value)!r}, which is no day "
                    "such as 2011-09-01; mend it, or name a view in which it is one"
                ) from None
        if not days:
            raise TrainingError(f"{self.url} holds no orders; {self._table_name} has no row with a time")
        return sorted(days)

    @cached_property
    def _at(self) -> sa.ColumnElement[Any]:
        """The time of a row, as it is compared.

        Raises:
            TrainingError: it is a number, which no day can be told of.
        """
        import sqlalchemy as sa

        at = self._columns["InvoiceDate"]
        if isinstance(at.type, sa.Numeric | sa.Integer | sa.Boolean):
            raise TrainingError(
                f"{self.url}: column {self._names['InvoiceDate']} is of type {at.type}, but needs to be "
                "a time, a date or a text such as 2011-09-01 08:26:00; name a view in which it is one"
            )
        return sa.type_coerce(at, sa.String()) if self._is_text else at

    @property
    def _is_text(self) -> bool:
        """Whether times are texts; SQLite has them so whatever a column is called."""
        import sqlalchemy as sa

        is_typed = isinstance(self._columns["InvoiceDate"].type, sa.DateTime | sa.Date)
        return not is_typed or self._engine.dialect.name == "sqlite"

    def raw(self, day: date) -> bytes:
        """The gzip CSV of a day, in an order of its own, read row by row."""
        import sqlalchemy as sa

        at = self._at
        first: Any = datetime(day.year, day.month, day.day)
        last: Any = first + timedelta(days=1)
        if self._is_text or isinstance(at.type, sa.Date):
            first, last = first.date(), last.date()
        if self._is_text:
            first, last = first.isoformat(), last.isoformat()
        chosen = list(self._columns.values())
        as_given = [sa.type_coerce(column, sa.types.NullType()) for column in chosen]
        query = sa.select(*as_given).where(at >= first, at < last)
        # The same rows must give the same batch, whatever order the database has them in.
        query = query.order_by(
            at, *(column for name, column in self._columns.items() if name != "InvoiceDate")
        )
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed:
            text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            rows = csv.writer(text)
            rows.writerow([*self._columns, *self._lacking])
            empty = [""] * len(self._lacking)
            when = list(self._columns).index("InvoiceDate")
            with self._connected() as connection:
                found = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
                for row in found:
                    cells = [_written(value) for value in row]
                    cells[when] = _as_a_time(cells[when])
                    rows.writerow([*cells, *empty])
            text.flush()
            text.detach()
        return out.getvalue()

    @cached_property
    def _columns(self) -> dict[str, sa.Column[Any]]:
        """The table's columns by the names of the files."""
        import sqlalchemy as sa

        schema, _, name = self._table_name.rpartition(".")
        try:
            with self._connected() as connection:
                table = sa.Table(name, sa.MetaData(schema=schema or None), autoload_with=connection)
        except sa.exc.NoSuchTableError:
            raise TrainingError(
                f"{self.url} has no table {self._table_name}; name one with table=NAME"
            ) from None
        for column, named in self._names.items():
            if named not in table.columns:
                raise TrainingError(
                    f"{self.url}: the table {self._table_name} has no column {named}, only "
                    f"{', '.join(sorted(table.columns.keys()))}; say which one it is with {column}=NAME"
                )
        return {column: table.columns[named] for column, named in self._names.items()}

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        import sqlalchemy as sa

        self._refuse_a_file_that_is_not_there()
        try:
            with self._engine.connect() as connection:
                if self._zone and (set_zone := _SET_ZONE.get(self._engine.dialect.name)):
                    connection.exec_driver_sql(set_zone.format(zone=self._zone))
                yield connection
        except sa.exc.DBAPIError as error:
            reason = " ".join(str(error.orig).split())  # PostgreSQL's client takes two lines for a refusal
            raise StoreFailed(f"{self.url} cannot be read: {reason}") from None
        except sa.exc.NoSuchTableError:
            raise
        except (sa.exc.SQLAlchemyError, TypeError, ValueError, OverflowError) as error:
            raise TrainingError(
                f"{self.url} cannot be read: {' '.join(str(error).split())}; mend its URL or its values"
            ) from error

    def _refuse_a_file_that_is_not_there(self) -> None:
        """SQLite would make it by looking into it."""
        named = self._engine.url.database
        if (
            self._engine.dialect.name != "sqlite"
            or not named
            or named == ":memory:"
            or named.startswith("file:")
        ):
            return
        if not Path(named).is_file():
            raise TrainingError(
                f"{self.url} cannot be read: unable to open database file, as there is no file {named}; "
                "name one that is there"
            )


def as_a_database_writes(settings: OrdersSettings) -> OrdersSettings:
    """The shop's settings for the CSV that ``Database.raw`` makes: times that are text stay as they are."""
    own = OrdersSettings()
    dates = tuple(dict.fromkeys((*own.dates, *settings.dates)))
    return settings.model_copy(
        update={
            "columns": Columns(),
            "dates": dates,
            **{
                name: getattr(own, name)
                for name in ("delimiter", "quote", "encoding", "decimal", "thousands")
            },
        }
    )


def _written(value: object) -> str:
    """A value as the by-day files write it."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return _time(value)
    if isinstance(value, float):
        value = Decimal(repr(value))  # as the shop sees it, never 1e-05
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _time(value: date) -> str:
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return at.replace(tzinfo=None, microsecond=0).isoformat(" ")


def _as_a_time(text: str) -> str:
    """A time that is kept as an ISO text, as SQLite does; another text stays for ``orders.dates``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo else _time(at)
