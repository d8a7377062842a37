"""``python -m rehearsal.engine``: prepare engine and plugins of this project's rehearsal, and no more."""

from __future__ import annotations

import sys

from isthmus.errors import IsthmusError
from rehearsal.engine.plugins import install_plugins
from rehearsal.engine.provide import provide
from rehearsal.home import Home


def main() -> None:
    try:
        home = Home.find()
        provide(home)
        install_plugins(home)
    except IsthmusError as error:
        sys.exit(f"isthmus: {error}")
    except KeyboardInterrupt:
        sys.exit("isthmus: stopped; the same command goes on from here")


if __name__ == "__main__":
    main()
