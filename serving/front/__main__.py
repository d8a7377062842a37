"""``python -m serving.front``: the front as its pods run it, from files that the estate writes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from isthmus.errors import IsthmusError
from serving.front.run import run
from serving.front.settings import read_settings


def main(arguments: list[str]) -> int:
    """Answer until SIGTERM; the status is 1 where it cannot begin, and a sentence says why."""
    parser = argparse.ArgumentParser("serving.front")
    parser.add_argument("--settings", type=Path, required=True, help="YAML file of settings")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--triton", action="append", help="Triton server, grpc://HOST:PORT")
    parser.add_argument("--keys", help="file of API keys")
    parser.add_argument("--guard", help="file of rules on answers")
    parser.add_argument("--popular", help="where popular products outlive a restart")
    parser.add_argument("--spool", help="folder in which feedback waits for its store")
    parser.add_argument("--store", help="where feedback is brought to, s3://BUCKET/PREFIX/")
    asked = parser.parse_args(arguments)
    options = {
        "host": asked.host,
        "triton": asked.triton,
        "keys": asked.keys,
        "guard": asked.guard,
        "popular": asked.popular and {"file": asked.popular},
        "spool": asked.spool and {"folder": asked.spool},
        "store": asked.store and {"url": asked.store},
    }
    try:
        # No key of pseudonyms is near: callers send pseudonyms.
        run(read_settings(asked.settings, options), None)
    except IsthmusError as error:
        print(f"front: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
