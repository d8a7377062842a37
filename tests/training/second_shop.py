"""The sample as another shop would have written it."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path

from tests.training.shops import SAMPLE

HEADER = ("Rechnung", "Artikel", "Bezeichnung", "Stück", "Datum", "Preis", "Kunde", "Land")
_CODE = re.compile(r"(\d{5})([A-Za-z]*)")


def code_of(code: str) -> str:
    """A product's code as this shop writes it, AB-85123-A for 85123A, in the same order; others as is."""
    found = _CODE.fullmatch(code.strip())
    return code if found is None else f"AB-{found[1]}" + (f"-{found[2]}" if found[2] else "")


def second_shop(folder: Path, days: int | None = None) -> Path:
    """Semicolons, decimal commas, dates with the day first, Latin-1, other codes, NULL for no customer."""
    folder.mkdir(parents=True)
    for path in sorted(SAMPLE.glob("*.csv.gz"))[:days]:
        _, *rows = csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
        out = io.StringIO()
        lines = csv.writer(out, delimiter=";")
        lines.writerow(HEADER)
        for invoice, code, text, quantity, at, price, customer, country in rows:
            (year, month, day), time = at[:10].split("-"), at[11:16]
            assert at[16:] == ":00"
            lines.writerow(
                [
                    *(invoice, code_of(code), text, quantity, f"{day}.{month}.{year} {time}"),
                    *(price.replace(".", ","), customer.removesuffix(".0") or "NULL", country),
                ]
            )
        (folder / path.name).write_bytes(gzip.compress(out.getvalue().encode("latin-1"), mtime=0))
    return folder
