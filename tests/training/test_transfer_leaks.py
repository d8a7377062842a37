"""What leaves the private site, looked through for what must not: customers, invoices, names, the key."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.training.conftest import client, keys
from tests.training.shops import SAMPLE, small_shop
from training.orders.source import Folder, read_day
from training.settings import TrainingSettings
from training.transfer.batch import SCHEMA, from_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.folder import BatchFolder
from training.transfer.manifest import BATCH_PREFIX
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

KEY = "a key of the private site"
DAYS = 12
NAME = "Theodora Quill"
_TOKEN = re.compile(r"[A-Za-z0-9]+")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Days of the sample, in which someone typed customers, invoices and a name where they do not belong."""
    folder = tmp_path_factory.mktemp("orders")
    for path in sorted(SAMPLE.glob("*.csv.gz"))[:DAYS]:
        header, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        day = path.name[:10]
        lines += [
            f"700001,22423,REGENCY CAKESTAND FOR 17850,2,{day} 10:00:00,12.75,17850.0,United Kingdom",
            f"700002,22423,CAKESTAND (SEE C536379),2,{day} 10:00:00,12.75,12347.0,United Kingdom",
            f"700003,POST,POSTAGE FOR {NAME},1,{day} 10:00:00,12.75,12347.0,United Kingdom",
        ]
        # A column that the shop's system added: nothing of it may leave.
        text = "\n".join([f"{header},Name", *(f"{line},{NAME}" for line in lines)]) + "\n"
        (folder / path.name).write_bytes(gzip.compress(text.encode(), mtime=0))
    return Folder(folder)


def test_nothing_that_was_uploaded_names_a_customer_an_invoice_a_person_or_the_key(
    orders: Folder, tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    s3, arrivals = client(s3_url), bucket("arrivals")
    batch_bucket = BatchBucket(arrivals, s3, True)
    transfer(
        orders,
        Pseudonyms(KEY),
        TrainingSettings(hold_back_days=2),
        batch_bucket,
        BatchFolder(tmp_path),
    )
    source = pd.concat([read_day(orders, day) for day in orders.days()])
    customers = {customer.removesuffix(".0") for customer in source["CustomerID"].str.strip()} - {""}
    invoices = set(source["InvoiceNo"].str.strip().str.upper()) | {"C536379"}
    codes = set(source["StockCode"].str.strip())
    names = {"17850", "12347"}
    assert len(customers) > 500
    assert names <= customers
    uploaded = keys(s3, arrivals)
    assert len(uploaded) == DAYS - 2 + 1
    for key in uploaded:
        held = s3.get_object(Bucket=arrivals, Key=key)
        content: bytes = held["Body"].read()
        for text in (content.decode("latin-1"), key, str(held["Metadata"]), str(held["ResponseMetadata"])):
            assert NAME not in text
            assert KEY not in text
        # Raw bytes: of a Parquet file that is its metadata and statistics. A product may be numbered as a
        # customer is, so those are looked for where no stock code can be.
        loose = set(_TOKEN.findall(content.decode("latin-1"))) | set(
            _TOKEN.findall(key + str(held["Metadata"]))
        )
        assert not loose & (customers | invoices) - codes, key
        if not key.endswith(".parquet"):
            continue
        file = pq.ParquetFile(io.BytesIO(content))
        assert file.schema_arrow.names == SCHEMA.names
        assert set(file.metadata.metadata) == {b"ARROW:schema"}, "no metadata but names and types of columns"
        statistics = [
            (file.schema_arrow.names[column], bound)
            for group in range(file.metadata.num_row_groups)
            for column in range(file.metadata.num_columns)
            if (limits := file.metadata.row_group(group).column(column).statistics) and limits.has_min_max
            for bound in (limits.min, limits.max)
        ]
        rows = file.read().to_pandas()
        cells = [
            (name, value) for name in ("customer", "order", "description") for value in rows[name].unique()
        ]
        for name, value in [*statistics, *cells]:
            if name in ("customer", "order"):
                assert re.fullmatch("[0-9a-f]{32}", value)
            elif name == "description":
                assert not set(_TOKEN.findall(value.upper())) & (customers | invoices), value
                assert not re.search(r"\d{5}", value), value
        assert set(rows["stock_code"]) <= codes


def test_without_the_key_uploads_cannot_be_joined_with_the_source_or_with_each_other(tmp_path: Path) -> None:
    orders = Folder(small_shop(tmp_path / "orders", days=4, customers=30))
    settings = TrainingSettings(hold_back_days=1)

    def uploaded(name: str, key: str) -> pd.DataFrame:
        arrivals, private = BatchFolder(tmp_path / name), BatchFolder(tmp_path / f"{name}-private")
        done = transfer(orders, Pseudonyms(key), settings, arrivals, private)
        return pd.concat([from_parquet(arrivals.batch(batch)) for batch in done.arrivals.batches])

    uploads, other, again = uploaded("a", KEY), uploaded("b", KEY + "!"), uploaded("c", KEY)
    for column in ("customer", "order"):
        assert set(uploads[column]) == set(again[column])
        assert not set(uploads[column]) & set(other[column])
    source = pd.concat([read_day(orders, day) for day in orders.days()])
    ids = {form for customer in source["CustomerID"] for form in (customer, customer.removesuffix(".0"))}
    ids |= set(source["InvoiceNo"])
    # Whoever knows all ids and how pseudonyms are made, but not the key, tries them all.
    tried = {
        digest(prefix + customer.encode()).hexdigest()[:32]
        for customer in ids
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256)
        for prefix in (b"", b"customer\x00", b"invoice\x00")
    } | {
        Pseudonyms("another key of a site").of(kind, customer)
        for customer in ids
        for kind in ("customer", "invoice")
    }
    assert not tried & (set(uploads["customer"]) | set(uploads["order"]))
    assert (
        len(set(uploads["customer"])) == source[source["InvoiceDate"] < "2011-09-04"]["CustomerID"].nunique()
    )


def test_held_back_and_rejected_rows_stay(tmp_path: Path, orders: Folder) -> None:
    arrivals, private = BatchFolder(tmp_path / "a"), BatchFolder(tmp_path / "b")
    done = transfer(orders, Pseudonyms(KEY), TrainingSettings(hold_back_days=3), arrivals, private)
    last = orders.days()[-1]
    assert date.fromisoformat(str(last)) not in {batch.day for batch in done.arrivals.batches}
    assert {path.parts[-3:-1] for path in (tmp_path / "a").rglob("*.parquet")} == {
        tuple(BATCH_PREFIX.strip("/").split("/"))
    }
    assert sum(batch.rows for batch in done.rejected.batches) == sum(
        n for name, n in done.rejected.cleaning.items() if name not in ("read", "kept")
    )
