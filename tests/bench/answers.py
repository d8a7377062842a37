"""Milliseconds of one recommendation, asked one after the other and by several at once."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from isthmus.cli.sample_customers import sample_customers
from isthmus_client import Recommender
from rehearsal.estate import Estate
from rehearsal.orders import order_files, throwaway_keys
from training.transfer.pseudonym import Pseudonyms


def latencies(estate: Estate, questions: int, at_once: int) -> tuple[float, float, float]:
    """``(p50, p95, answers a second)``: milliseconds of one answer of ten products, over gRPC."""
    customers = sample_customers(order_files(estate.orders()), 200, estate.settings.orders)
    pseudonym = Pseudonyms(throwaway_keys().pseudonym).customer
    with Recommender(estate.triton()[0], pseudonym=pseudonym) as recommender:
        recommender.recommend(customers[0])

        def ask(number: int) -> float:
            started = time.perf_counter()
            recommender.recommend(customers[number % len(customers)], k=10)
            return (time.perf_counter() - started) * 1000

        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            taken = sorted(pool.map(ask, range(questions)))
        elapsed = time.perf_counter() - started
    return statistics.median(taken), taken[int(len(taken) * 0.95)], questions / elapsed
