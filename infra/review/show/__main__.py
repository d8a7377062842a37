"""``python -m infra.review.show``: write the published schema of a verdict's JSON anew."""

from __future__ import annotations

from infra.review.show.file import write
from infra.review.show.report import SCHEMA_FILE, schema

if __name__ == "__main__":
    write(SCHEMA_FILE, schema())
