"""Answers as a CSV file: ``customer,rank,product,score``, written in full or not at all."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isthmus_client import Answer

COLUMNS = ("customer", "rank", "product", "score")


def write_answers(path: Path, answers: Iterable[Answer]) -> int:
    """Write one line a product, the best of each customer first; returns the number of customers.

    Raises:
        CommandError: when the file cannot be written.
    """
    from isthmus.cli.errors import CommandError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written ({error.strerror}); name another file with --out"
        ) from None
    number = 0
    try:
        with os.fdopen(handle, "w", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(COLUMNS)
            for answer in answers:
                number += 1
                for rank, product in enumerate(answer.products, 1):
                    # Nine digits tell any two numbers of 32 bits apart.
                    lines.writerow((answer.customer, rank, product.code, f"{product.score:.9g}"))
        Path(aside).chmod(0o600)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return number
