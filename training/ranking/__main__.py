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
    """Train a ranking; exit status 64 for wrong settings or data."""
    from training.orders.named_folder import add_options

    parser = argparse.ArgumentParser(prog="python -m training.ranking", description="Train a ranking.")
    add_options(parser)
    parser.add_argument("--before", type=date.fromisoformat, required=True, help="learn from the days before")
    parser.add_argument("--out", type=Path, required=True, help="the ranking folder to write")
    parser.add_argument("--top", type=int, default=20, help="products a customer")
    parser.add_argument("--seeds", type=int, default=4, help="networks whose scores are averaged")
    parser.add_argument(
        "--work", type=Path, help="keeps the windows for later runs; default: the user's cache"
    )
    args = parser.parse_args()
    if args.top < 1 or args.seeds < 1:
        parser.error("--top and --seeds must be at least 1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from isthmus.errors import IsthmusError

    try:
        _run(args)
    except IsthmusError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _run(args: argparse.Namespace) -> None:
    from platformdirs import user_cache_path

    from isthmus.atomic_files import refuse_other_folder
    from isthmus.progress import listen
    from training.orders.named_folder import named_folder
    from training.ranking.cleaned_days import CleanedDays
    from training.ranking.folder import RECORD, write
    from training.ranking.recommend import recommend
    from training.ranking.settings import RankingSettings
    from training.ranking.train import train

    started = time.monotonic()
    refuse_other_folder(args.out, RECORD, "ranking")

    def show(line: object) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{time.monotonic() - started:6.0f} s {peak:5.2f} GiB  {line}", flush=True)

    day = args.before.toordinal()
    settings = RankingSettings(seeds=tuple(range(args.seeds)))
    work = args.work if args.work is not None else user_cache_path("isthmus") / "ranking"
    with listen(show):
        orders = CleanedDays(work / "days", named_folder(args)).orders(args.before)
        ranking = train(orders, day, settings, work)
        lists = recommend(ranking.builder(orders, day), ranking, args.top)
        write(args.out, ranking, lists, orders, args.before)
    show(f"{args.out} is written")


if __name__ == "__main__":
    raise SystemExit(main())
