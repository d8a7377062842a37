"""A batch: one day's purchases, pseudonymous, as Parquet bytes with a checksum."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from typing import Annotated

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from training.orders.cleaning import CleanDay
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


class BatchEntry(BaseModel):
    """One batch as the manifest lists it; ``size`` in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    key: str
    rows: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def pseudonymous(clean: CleanDay, pseudonyms: Pseudonyms) -> pd.DataFrame:
    """Purchases with the columns of SCHEMA: customer and invoice replaced by their pseudonyms."""
    rows = clean.purchases
    customers = {value: pseudonyms.customer(value) for value in rows["customer"].unique()}
    invoices = {value: pseudonyms.invoice(value) for value in rows["invoice"].unique()}
    return pd.DataFrame(
        {
            "customer": rows["customer"].map(customers),
            "order": rows["invoice"].map(invoices),
            **{name: rows[name] for name in ("stock_code", "description", "quantity", "price", "at")},
        }
    )


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Parquet bytes of a batch; the same rows give the same bytes."""
    table = pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def from_parquet(content: bytes) -> pd.DataFrame:
    """The rows of a batch."""
    frame: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    return frame


def entry_of(day: date, rows: int, content: bytes, prefix: str) -> BatchEntry:
    """Name a batch by its day and content, so that no batch is ever written over by another."""
    sha256 = hashlib.sha256(content).hexdigest()
    return BatchEntry(
        day=day, key=f"{prefix}{day}-{sha256[:16]}.parquet", rows=rows, size=len(content), sha256=sha256
    )
