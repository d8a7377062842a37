"""``python -m rehearsal.openstack_services``: services and fresh cloud in the cache, and no more."""

from __future__ import annotations

import sys

from isthmus.errors import IsthmusError
from rehearsal.openstack_services import services


def main() -> None:
    try:
        services.prepare()
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except KeyboardInterrupt:
        sys.exit("isthmus: stopped; the same command goes on from here")


if __name__ == "__main__":
    main()
