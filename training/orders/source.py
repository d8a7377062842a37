"""Where orders are: by-day files in a folder or in a bucket of the private store, or a database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pandas as pd

from isthmus import object_store
from isthmus.errors import StoreFailed
from isthmus.object_store import client_for_orders
from training.errors import TrainingError
from training.orders.database import Database
from training.orders.day_rows import DayRows, day_rows
from training.orders.format import COLUMNS as COLUMNS
from training.orders.settings import VARIABLE, OrdersSettings, parse

DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "oracle", "mssql")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\.csv\.gz$")


class OrderSource(Protocol):
    """By-day files named ``YYYY-MM-DD.csv.gz``."""

    url: str
    settings: OrdersSettings
    """How its files are written; every reader goes by it."""

    def days(self) -> list[date]:
        """The days there are, oldest first."""

    def raw(self, day: date) -> bytes:
        """The gzip bytes of a day."""


class Folder:
    """Orders in a folder of this machine."""

    def __init__(self, path: Path, settings: OrdersSettings | None = None) -> None:
        if not path.is_dir():
            wrong = "is a file, and no folder of them" if path.exists() else "does not exist"
            raise TrainingError(
                f"the orders {path}: it {wrong}; name a folder with files such as 2011-09-01.csv.gz"
            )
        self.path = path
        self.settings = settings or OrdersSettings()
        self.url = path.resolve().as_uri()

    def days(self) -> list[date]:
        return _days((file.name for file in self.path.iterdir()), self.url)

    def raw(self, day: date) -> bytes:
        return (self.path / f"{day}.csv.gz").read_bytes()


class Bucket:
    """Orders under a prefix of a bucket that speaks the S3 API."""

    def __init__(self, bucket: str, prefix: str, client: Any, settings: OrdersSettings | None = None) -> None:
        self._bucket = object_store.Bucket(bucket, client, prefix)
        self.settings = settings or OrdersSettings()
        self.url = self._bucket.address("")

    def days(self) -> list[date]:
        return _days(self._bucket.keys(""), self.url)

    def raw(self, day: date) -> bytes:
        if (content := self._bucket.get(f"{day}.csv.gz")) is None:
            raise StoreFailed(f"{file_of(self, day)} was taken away meanwhile; run it again")
        return content


def open_source(
    url: str, environment: Mapping[str, str], settings: OrdersSettings | None = None
) -> OrderSource:
    """The orders at ``file:///FOLDER/``, at ``s3://BUCKET/PREFIX/``, in a database, or in a plain folder.

    A database is named as SQLAlchemy names it; see ``training.orders.database``.

    Args:
        url: where they are.
        environment: of the job; has credentials, and ORDERS_SETTINGS.
        settings: how they are written; None for what ORDERS_SETTINGS says.

    Raises:
        TrainingError: when the URL is of another kind, or the folder does not exist.
    """
    settings = settings or parse(environment.get(VARIABLE))
    parts = urlsplit(url)
    if parts.scheme == "s3":
        prefix = parts.path.lstrip("/")
        if prefix and not prefix.endswith("/"):
            prefix += "/"
        if not parts.netloc:
            raise TrainingError(f"{url} names no bucket; write s3://BUCKET/PREFIX/")
        return Bucket(parts.netloc, prefix, client_for_orders(environment), settings)
    if parts.scheme in ("", "file"):
        return Folder(Path(unquote(parts.path)) if parts.scheme else Path(url), settings)
    if parts.scheme.split("+")[0] in DATABASES:
        return Database(url, COLUMNS, environment, settings)
    raise TrainingError(
        f"orders cannot be read from {parts.scheme}://; allowed are file:///FOLDER/, s3://BUCKET/PREFIX/ "
        f"and the databases {', '.join(DATABASES)}"
    )


def file_of(source: OrderSource, day: date) -> str:
    """The file of a day, or what stands for it in a database, as errors name it."""
    if isinstance(source, Database):
        return f"{source.url}, {day}"
    return f"{source.url.rstrip('/')}/{day}.csv.gz"


def read_rows(source: OrderSource, day: date) -> DayRows:
    """The rows of one day, each line of its file accounted for.

    Raises:
        TrainingError: when the file is cut, no CSV, or lacks a column.
    """
    return day_rows(source.raw(day), day, file_of(source, day), source.settings)


def read_day(source: OrderSource, day: date) -> pd.DataFrame:
    """The sound rows of one day, all columns as text.

    Raises:
        TrainingError: when the file is cut, no CSV, or lacks a column.
    """
    return read_rows(source, day).rows.reset_index(drop=True)


def _days(names: Any, url: str) -> list[date]:
    days = []
    for name in names:
        if found := _DAY.fullmatch(name):
            try:
                days.append(date.fromisoformat(found[1]))
            except ValueError:
                raise TrainingError(f"{url}: {name} is not named by a day of the calendar") from None
    if not days:
        raise TrainingError(f"{url} holds no orders; it needs files such as 2011-09-01.csv.gz")
    return sorted(days)
