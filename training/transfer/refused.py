"""What is told of texts that name somebody: days and a number to everyone, rows in the private site only."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from training.errors import TrainingError
from training.transfer.bucket import BatchBucket
from training.transfer.naming import Named

REPORT_KEY = "refused/texts.csv"
COLUMNS = ("day", "invoice", "customer", "stock_code", "text", "holds", "which_is_of", "rows")


class TextsNameSomebody(TrainingError):
    """Texts would have left that name a customer or an invoice; nothing has. The message names no row."""


def refuse(named: Sequence[Named], private: BatchBucket, dry_run: bool) -> None:
    """Say where the rows are named, and nothing of them.

    Raises:
        TextsNameSomebody: always.
    """
    days = Counter(found.rows.first[0] for found in named)
    counted = ", ".join(f"{day} ({count})" for day, count in sorted(days.items()))
    texts = "1 text" if len(named) == 1 else f"{len(named)} texts"
    if dry_run:
        where = "the transfer itself will name the rows in the private site, a dry run writes nothing"
    else:
        private.put(REPORT_KEY, report(named))
        where = f"the rows are named in {private.address(REPORT_KEY)}, which is private"
    raise TextsNameSomebody(
        f"{texts} of products would leave with a customer, an invoice or another private value inside, first "
        f"seen on {counted}, so no batch was sent; {where}: mend them in the source, or send such products "
        "without a text (training.transfer.withhold_texts, --withhold-texts)"
    )


def report(named: Sequence[Named]) -> bytes:
    """CSV with the first row that carries each text. It stays in the private site."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for found in sorted(
        named, key=lambda each: (each.rows.first, each.product.product_code, each.identifier)
    ):
        code = found.product.product_code
        rows.writerow((*found.rows.first, code, found.text, found.identifier, found.kind, found.rows.count))
    return text.getvalue().encode()
