"""``python -m rehearsal.control_plane``: have the programs of a control plane in the cache, and no more."""

from __future__ import annotations

import sys

from isthmus.errors import IsthmusError
from rehearsal.control_plane.provide import provide


def main() -> None:
    try:
        provide()
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except KeyboardInterrupt:
        sys.exit("isthmus: stopped; the same command goes on from here")


if __name__ == "__main__":
    main()
