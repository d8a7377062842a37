"""``python -m rehearsal.rollouts``: have the controller's program in the cache, and no more."""

from __future__ import annotations

import sys

from isthmus.errors import IsthmusError
from rehearsal.rollouts.provide import provide


def main() -> None:
    try:
        print(f"Argo Rollouts: {provide()}")
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except KeyboardInterrupt:
        sys.exit("isthmus: stopped; the same command goes on from here")


if __name__ == "__main__":
    main()
