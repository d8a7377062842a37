"""A batch: one day's purchases, pseudonymous, as Parquet bytes with a checksum."""

from __future__ import annotations

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


def pseudonymous(clean: CleanDay, pseudonyms: Pseudonyms, texts: Mapping[str, str]) -> pd.DataFrame:
    """Purchases with the columns of SCHEMA: customer and invoice replaced by their pseudonyms.

    What is said of a product comes from ``texts`` (product code -> text), never from a row.
    """
    rows = clean.purchases
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
    """What the catalogue says of each product's code; "" where it says nothing."""
    return codes.map(texts).fillna("").astype(object)


def write_batch(
    frame: pd.DataFrame, path: Path, day: date, prefix: str, schema: pa.Schema = SCHEMA
) -> BatchEntry:
    """Write a batch to a file, from where it is sent piece by piece; the same rows give the same bytes.

    Its key has the day and the content, so that no batch is ever written over by another.
    """
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")
    sha256 = sha256_of(path)
    key = f"{prefix}{day}-{sha256[:16]}.parquet"
    return BatchEntry(day=day, key=key, rows=len(frame), size=path.stat().st_size, sha256=sha256)


def from_parquet(content: bytes) -> pd.DataFrame:
    """The rows of a batch."""
    frame: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    return frame
