"""What serving costs on this machine: ``python -m serving.bench RELEASE_DIRECTORY``.

Starts the real tritonserver on a release and prints one JSON object: seconds from start to ready, memory of
all its processes (proportional set size, MiB), milliseconds of one answer by gRPC and by HTTP (the client's
own work included; connection open, one question at a time), and answers a second when many are asked for.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from isthmus_client import Recommender
from serving.local.server import LocalServer
from serving.repository.build import build
from training.release import Customers, new_key, sign, verify

WARM_UP = 50


def measure(release: Path, questions: int, k: int, optimised: Path | None = None) -> dict[str, Any]:
    """Measure one release.

    Args:
        release: directory of a release, signed or not (it is signed with a key made here).
        questions: asked one after the other, by each protocol.
        k: products in each answer.
        optimised: a folder of ``isthmus release optimise`` whose models answer; None for the release's own.
    """
    manifest = verify(release)
    known = list(Customers.read(release))
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        repository = Path(folder) / "models"
        started = time.monotonic()
        signature = sign(manifest.digest(), new_key())
        build(release, manifest, signature, repository, onnx_backend="python", optimised=optimised)
        built = time.monotonic() - started
        with LocalServer(repository, Path(folder) / "log") as server:
            customers = list(itertools.islice(itertools.cycle(known), questions))
            result = {
                "release": manifest.digest(),
                "customers": len(known),
                "products": manifest.model.items,
                "build_s": round(built, 2),
                "ready_s": round(server.seconds_to_ready, 2),
                "one_answer_ms": {
                    kind: _one_by_one(server.url(kind), customers, k) for kind in ("grpc", "http")
                },
                "answers_per_s": _throughput(server.url("grpc"), customers, k),
                "memory_mib": _memory(server),
            }
    return result


def _one_by_one(url: str, customers: list[str], k: int) -> dict[str, float]:
    with Recommender(url) as client:
        for customer in customers[:WARM_UP]:
            client.recommend(customer, k)
        times = [client.recommend(customer, k).milliseconds for customer in customers]
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return {"p50": round(p50, 2), "p95": round(p95, 2), "p99": round(p99, 2)}


def _throughput(url: str, customers: list[str], k: int) -> dict[str, float]:
    def rate(ask: Callable[[Recommender], int]) -> float:
        with Recommender(url) as client:
            client.recommend(customers[0], k)
            started = time.perf_counter()
            answers = ask(client)
            return round(answers / (time.perf_counter() - started), 1)

    def single(client: Recommender) -> int:
        with ThreadPoolExecutor(16) as pool:
            return sum(1 for _ in pool.map(lambda customer: client.recommend(customer, k), customers))

    def together(client: Recommender) -> int:
        return sum(1 for _ in client.recommend_all(customers * 4, k))

    return {"16_callers": rate(single), "questions_of_64": rate(together)}


def _memory(server: LocalServer) -> float:
    assert server.process is not None  # noqa: S101
    main = psutil.Process(server.process.pid)
    processes = [main, *main.children(recursive=True)]
    return round(sum(process.memory_full_info().pss for process in processes) / 2**20, 1)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.bench", description="Measure serving of a release."
    )
    parser.add_argument("release", type=Path, help="directory of a release")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--optimised", type=Path, help="folder of isthmus release optimise")
    args = parser.parse_args()
    print(json.dumps(measure(args.release, args.questions, args.top, args.optimised), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
