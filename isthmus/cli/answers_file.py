"""Answers as a CSV file: ``customer,rank,product,score``, written in full or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.atomic_files import atomic_file

if TYPE_CHECKING:
    from isthmus_client import Answer

COLUMNS = ("customer", "rank", "product", "score")


def write_answers(path: Path, answers: Iterable[Answer]) -> int:
    """Write one line a product, the best of each customer first; returns the number of customers.

    Raises:
        IsthmusError: when the file cannot be written.
    """
    number = 0
    with atomic_file(path, 0o600) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(COLUMNS)
        for answer in answers:
            number += 1
            for rank, product in enumerate(answer.products, 1):
                # Nine digits tell any two numbers of 32 bits apart.
                lines.writerow((answer.customer, rank, product.code, f"{product.score:.9g}"))
        text.flush()
        text.detach()
    return number
