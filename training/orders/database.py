"""Orders in a database, by SQLAlchemy: each day is read as if it were a by-day file.

``postgresql+psycopg://HOST/SHOP?table=orders&CustomerID=customer_no`` reads the table ``orders`` (also
``schema.orders``), whose columns are called as in the files unless the URL says otherwise. User and password
may be in the URL, but better come from ORDERS_ACCESS_KEY_ID and ORDERS_SECRET_ACCESS_KEY, which are secrets.
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
from typing import TYPE_CHECKING, Any

from training.errors import StoreFailed, TrainingError
from training.orders.format import Columns
from training.orders.settings import OrdersSettings

if TYPE_CHECKING:
    import sqlalchemy as sa

TABLE = "table"
_ROWS_AT_ONCE = 10_000
_WITH_DATE_FUNCTION = {"sqlite", "postgresql", "mysql", "mariadb"}


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

        self.settings = as_a_database_writes(settings or OrdersSettings())
        try:
            parsed = sa.make_url(url)
            told = {name: str(parsed.query[name]) for name in (TABLE, *columns) if name in parsed.query}
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
        if TABLE not in told:
            raise TrainingError(f"{self.url} names no table; append ?table=NAME (or &table=NAME)")
        self._table_name = told.pop(TABLE)
        self._names = {column: told.get(column, column) for column in columns}

    def days(self) -> list[date]:
        """The days there are, oldest first."""
        import sqlalchemy as sa

        at = self._columns["InvoiceDate"]
        by_function = self._engine.dialect.name in _WITH_DATE_FUNCTION
        day = sa.func.date(at) if by_function else sa.cast(at, sa.Date)
        with self._connected() as connection:
            found = connection.execute(sa.select(day).where(at.is_not(None)).distinct()).scalars().all()
        days = set()
        for one in found:
            try:
                days.add(date.fromisoformat(str(one)[:10]))
            except ValueError:
                raise TrainingError(
                    f"{self.url}: column {self._names['InvoiceDate']} holds {one!r}, which is no day"
                ) from None
        if not days:
            raise TrainingError(f"{self.url} holds no orders; {self._table_name} has no row with a time")
        return sorted(days)

    def raw(self, day: date) -> bytes:
        """The gzip CSV of a day, in an order of its own, read row by row."""
        import sqlalchemy as sa

        at = self._columns["InvoiceDate"]
        first: Any = datetime(day.year, day.month, day.day)
        last: Any = first + timedelta(days=1)
        if not isinstance(at.type, sa.DateTime | sa.Date):
            first, last = first.date().isoformat(), last.date().isoformat()
        chosen = list(self._columns.values())
        query = sa.select(*chosen).where(at >= first, at < last)
        # The same rows must give the same batch, whatever order the database has them in.
        query = query.order_by(at, *(column for column in chosen if column is not at))
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed:
            text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            rows = csv.writer(text)
            rows.writerow(self._columns)
            with self._connected() as connection:
                found = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
                for row in found:
                    rows.writerow([_written(value) for value in row])
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

        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            said = " ".join(str(error.orig).split())  # PostgreSQL's client takes two lines for a refusal
            raise StoreFailed(f"{self.url} cannot be read: {said}") from None


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
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
