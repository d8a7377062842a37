"""``python -m tests.rehearsal.waiting_job``: a job that ends when a file tells it how."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Wait for the file and end with the exit status that is written in it."""
    told = Path(os.environ["TOLD"])
    while not told.exists():
        time.sleep(0.1)
    sys.exit(int(told.read_text()))


if __name__ == "__main__":
    main()
