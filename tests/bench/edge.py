"""``python -m tests.bench.edge BUNDLE``: size, start, answers and memory of a bundle on one core.

TRUSTED_KEYS names who may have signed it. Histories of 1 to 199 purchases are drawn, 20 products asked for.
The thread's own time is told beside the clock's, which on a busy machine is mostly that of other work.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import typer

from serving.edge.runtime.bundle import read_bundle
from serving.edge.runtime.manifest import MEGABYTE
from serving.edge.runtime.recommender import Purchase
from serving.edge.runtime.self_check import loaded

WARM_UP = 200


def main(
    bundle: Annotated[Path, typer.Argument()],
    trusted_keys: Annotated[str, typer.Option(envvar="TRUSTED_KEYS")],
    questions: Annotated[int, typer.Option(min=100)] = 5000,
) -> None:
    """Measure one bundle."""
    psutil.Process().cpu_affinity([max(psutil.Process().cpu_affinity() or [0])])
    started = time.perf_counter()
    read = read_bundle(bundle, trusted_keys.split(","))
    recommender = loaded(read)
    ready = time.perf_counter() - started
    print(f"size        {len(read.raw) / MEGABYTE:.2f} MB (goal: under 5)")
    print(f"ready       {ready * 1000:.0f} ms, checked and its self-check answered")
    random, codes = np.random.default_rng(1), recommender.codes
    clock, own = [], []
    for _ in range(WARM_UP + questions):
        history = [
            Purchase(codes[int(random.integers(1, len(codes)))], int(random.integers(1, 300)))
            for _ in range(int(random.integers(1, 200)))
        ]
        begun, begun_own = time.perf_counter(), time.thread_time()
        recommender.recommend(history, k=20)
        clock.append((time.perf_counter() - begun) * 1000)
        own.append((time.thread_time() - begun_own) * 1000)
    for name, times in (("clock", clock), ("own time", own)):
        p50, p99 = np.percentile(times[WARM_UP:], [50, 99])
        print(f"{name:11} p50 {p50:.2f} ms, p99 {p99:.2f} ms (goal: p99 under 5), n={questions}")
    print(f"resident    {psutil.Process().memory_info().rss / 2**20:.0f} MiB (goal: under 150)")
    print(
        f"load {os.getloadavg()[0]:.1f}, {recommender.precision}, {recommender.manifest.products:,} products"
    )


if __name__ == "__main__":
    typer.run(main)
