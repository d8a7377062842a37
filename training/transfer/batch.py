"""A batch: one day's purchases, pseudonymous, as Parquet bytes with a checksum."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from isthmus.file_digest import sha256_of
from training.orders.cleaning import CleanDay
from training.orders.format import COLUMNS
from training.transfer.catalogue import ProductCatalogue
from training.transfer.pseudonym import Pseudonyms

SCHEMA = pa.schema(
    [
        ("customer", pa.string()),
        ("order", pa.string()),
        ("stock_code", pa.string()),
        ("description", pa.string()),
        ("quantity", pa.int32()),
        ("price", pa.float64()),
        ("at", pa.timestamp("s")),
    ]
)
"""All that leaves the private site. Country is not needed to learn, so it stays."""
REJECTS = pa.schema(
    [
        *((name, pa.string()) for name in (*COLUMNS, "reason")),
        ("line", pa.int64()),
        ("text", pa.string()),
        ("fault", pa.string()),
    ]
)
"""Rows left out, as they were read, with the reason and the line of the file; of a line that is no row, its
text and what is wrong with it. They never leave the private site."""


class BatchEntry(BaseModel):
    """One batch as the manifest lists it; ``size`` in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    key: str
    rows: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def pseudonymous(
    clean: CleanDay, pseudonyms: Pseudonyms, texts: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Purchases with the columns of SCHEMA: customer and invoice replaced by their pseudonyms.

    What is said of a product comes from ``texts`` (stock code -> text), never from a row; without them, from
    the catalogue of this day alone.
    """
    rows = clean.purchases
    if texts is None:
        catalogue = ProductCatalogue()
        catalogue.add(clean)
        texts = catalogue.texts()
    customers = {value: pseudonyms.customer(value) for value in rows["customer"].unique()}
    invoices = {value: pseudonyms.invoice(value) for value in rows["invoice"].unique()}
    return pd.DataFrame(
        {
            "customer": rows["customer"].map(customers),
            "order": rows["invoice"].map(invoices),
            "stock_code": rows["stock_code"],
            "description": described(rows["stock_code"], texts),
            **{name: rows[name] for name in ("quantity", "price", "at")},
        }
    )


def described(codes: pd.Series, texts: Mapping[str, str]) -> pd.Series:
    """What the catalogue says of each stock code; "" where it says nothing."""
    return codes.map(texts).fillna("").astype(object)


def to_parquet(frame: pd.DataFrame, schema: pa.Schema = SCHEMA) -> bytes:
    """Parquet bytes of a batch; the same rows give the same bytes."""
    sink = io.BytesIO()
    _write(frame, schema, sink)
    return sink.getvalue()


def write_batch(
    frame: pd.DataFrame, path: Path, day: date, prefix: str, schema: pa.Schema = SCHEMA
) -> BatchEntry:
    """Write a batch to a file, from where it is sent piece by piece, and name it as ``entry_of`` does."""
    with path.open("wb") as file:
        _write(frame, schema, file)
    return _entry(day, len(frame), path.stat().st_size, sha256_of(path), prefix)


def _write(frame: pd.DataFrame, schema: pa.Schema, sink: object) -> None:
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, sink, compression="zstd")


def from_parquet(content: bytes) -> pd.DataFrame:
    """The rows of a batch."""
    frame: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    return frame


def entry_of(day: date, rows: int, content: bytes, prefix: str) -> BatchEntry:
    """Name a batch by its day and content, so that no batch is ever written over by another."""
    return _entry(day, rows, len(content), hashlib.sha256(content).hexdigest(), prefix)


def _entry(day: date, rows: int, size: int, sha256: str, prefix: str) -> BatchEntry:
    return BatchEntry(
        day=day, key=f"{prefix}{day}-{sha256[:16]}.parquet", rows=rows, size=size, sha256=sha256
    )
