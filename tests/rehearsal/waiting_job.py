"""``python -m tests.rehearsal.waiting_job``: a job that ends when a file tells it how."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Wait for the file and end with the exit status that is written in it."""
    told = Path(os.environ["TOLD"])
    # The file is there a moment before what is written in it.
    while not (said := told.read_text() if told.exists() else ""):
        time.sleep(0.1)
    sys.exit(int(said))


if __name__ == "__main__":
    main()
