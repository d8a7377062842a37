"""Train and recommend: ``python -m training.ranking --orders FOLDER --before DATE --out FOLDER``."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from datetime import date
from pathlib import Path


def main() -> int:
    """Train a ranking; exit code 64 for wrong settings or data."""
    parser = argparse.ArgumentParser(prog="python -m training.ranking", description="Train a ranking.")
    parser.add_argument("--orders", type=Path, required=True, help="folder of by-day files")
    parser.add_argument("--before", type=date.fromisoformat, required=True, help="learn from the days before")
    parser.add_argument("--out", type=Path, required=True, help="the ranking folder to write")
    parser.add_argument("--top", type=int, default=20, help="products a customer")
    parser.add_argument("--seeds", type=int, default=4, help="networks whose scores are averaged")
    parser.add_argument(
        "--work", type=Path, help="keeps the windows for later runs; default: the user's cache"
    )
    given = parser.parse_args()
    if given.top < 1 or given.seeds < 1:
        parser.error("--top and --seeds must be at least 1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from training.errors import TrainingError

    try:
        _run(given)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 64
    return 0


def _run(given: argparse.Namespace) -> None:
    from training.local.key import work_folder
    from training.orders.source import Folder
    from training.ranking.features import Fitted
    from training.ranking.folder import write
    from training.ranking.orders import Orders, read_orders
    from training.ranking.recommend import recommend
    from training.ranking.settings import RankingSettings
    from training.ranking.train import train

    started = time.monotonic()

    def say(line: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{time.monotonic() - started:6.0f} s {peak:5.2f} GiB  {line}", flush=True)

    orders = Orders.of(read_orders(Folder(given.orders), given.before, say=say))
    day = given.before.toordinal()
    settings = RankingSettings(seeds=tuple(range(given.seeds)))
    work = given.work if given.work is not None else work_folder().parent / "ranking"
    ranking = train(orders, day, settings, work, say)
    lists = recommend(Fitted(orders, day), ranking, given.top, say)
    write(given.out, ranking, lists, orders, given.before)
    say(f"{given.out} is written")


if __name__ == "__main__":
    raise SystemExit(main())
