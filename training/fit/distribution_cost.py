"""What adding up gradients costs as workers are added, and what the link between the sites costs.

A model of latency and bandwidth (Hockney 1994, as Thakur, Rabenseifner and Gropp use it for collectives,
IJHPCA 19(1), 2005): a message of m bytes takes ``latency + m / bandwidth`` seconds. A ring all-reduce sends
2 (N-1) messages of m/N bytes by each worker, which no other scheme betters in bytes (Patarasuk and Yuan,
JPDC 69, 2009). Nothing here overlaps with computing, so the figures are from above.

``python -m training.fit.distribution_cost`` prints the tables of docs/distributed.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

FLOAT = 4
"""Bytes of a float32."""
INDEX = 8
"""Bytes of a row's number in tf.IndexedSlices."""


@dataclass(frozen=True)
class Network:
    """Between two workers: seconds of a message without content, and bytes a second each way."""

    latency: float
    bandwidth: float


@dataclass(frozen=True)
class Job:
    """One step of a training, over all workers.

    Attributes:
        dense: parameters that every step changes all of.
        rows: rows of the embedding table.
        dim: length of a row.
        lookups: rows that one step reads, the same row counted each time.
        seconds: one worker's computing of the whole step.
    """

    dense: int
    rows: int
    dim: int
    lookups: int
    seconds: float

    @property
    def table(self) -> int:
        """Bytes of the embedding table."""
        return self.rows * self.dim * FLOAT

    def touched(self, workers: int = 1) -> float:
        """Different rows that one worker's share of a step reads, if all are as likely: an upper bound for
        rows of a catalogue, where few are bought often."""
        return float(self.rows * (1 - (1 - 1 / self.rows) ** (self.lookups / workers)))


def ring(network: Network, workers: int, size: float) -> float:
    """Seconds to add up ``size`` bytes of each worker so that all have the sum."""
    if workers < 2:
        return 0.0
    return 2 * (workers - 1) * (network.latency + size / workers / network.bandwidth)


def gathered(network: Network, workers: int, size: float) -> float:
    """Seconds until all have what each worker has, ``size`` bytes of each: how sparse gradients are added."""
    return (workers - 1) * (network.latency + size / network.bandwidth)


def exchanged(network: Network, workers: int, size: float) -> float:
    """Seconds of an all-to-all in which each worker sends ``size`` bytes in all, evenly to every worker."""
    if workers < 2:
        return 0.0
    return (workers - 1) * (network.latency + size / workers / network.bandwidth)


def dense_step(network: Network, workers: int, job: Job) -> float:
    """Seconds of a step when all gradients, the table's too, are added up in a ring."""
    return job.seconds / workers + ring(network, workers, job.dense * FLOAT + job.table)


def sparse_step(network: Network, workers: int, job: Job) -> float:
    """Seconds of a step when of the table only the rows that were read travel."""
    row = job.dim * FLOAT + INDEX
    rows = gathered(network, workers, job.touched(workers) * row)
    return job.seconds / workers + ring(network, workers, job.dense * FLOAT) + rows


def sharded_step(network: Network, workers: int, job: Job) -> float:
    """Seconds of a step when each worker holds a part of the table.

    The rows' numbers go to those who hold them, the rows come back, and their gradients go the same way.
    """
    asked = exchanged(network, workers, job.touched(workers) * INDEX)
    rows = 2 * exchanged(network, workers, job.touched(workers) * job.dim * FLOAT)
    return job.seconds / workers + ring(network, workers, job.dense * FLOAT) + asked + rows


def server_step(network: Network, workers: int, job: Job, servers: int = 1) -> float:
    """Seconds of a step of each worker when ``servers`` hold all parameters (ParameterServerStrategy).

    Each worker fetches what it needs and sends the gradients of it; the servers' own network is what they
    share, so with many workers to a server it is the limit. Workers do not wait for each other.
    """
    size = 2 * (job.dense * FLOAT + job.touched(workers) * (job.dim * FLOAT + INDEX))
    wire = max(size, size * workers / servers) / network.bandwidth
    return job.seconds / workers + 2 * network.latency + wire


def overhead(workers: int, job: Job, seconds: float) -> float:
    """Share of the ideal speed (``workers`` times that of one) that is missing when a step takes so long."""
    return 1 - job.seconds / workers / seconds


def network_of(small: tuple[float, float], large: tuple[float, float]) -> Network:
    """The network that explains two measured all-reduces of two workers, each (bytes, seconds)."""
    per_byte = (large[1] - small[1]) / (large[0] - small[0])
    if per_byte <= 0:
        raise ValueError(f"{large[0]:.0f} bytes took no longer than {small[0]:.0f}: measure again")
    return Network(latency=max(0.0, (small[1] - per_byte * small[0]) / 2), bandwidth=1 / per_byte)


def over_link(size: float, megabits: float, round_trip: float = 0.02, streams: int = 8) -> float:
    """Seconds to bring ``size`` bytes through the link.

    Args:
        size: bytes.
        megabits: of the link a second; a tunnel of an AWS site-to-site VPN has up to 1250
            (https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-limits.html).
        round_trip: seconds; a stream begins with ten segments and doubles them each time (RFC 6928).
        streams: parts uploaded at once.
    """
    rate = megabits * 1e6 / 8
    start, rounds = 10 * 1460 * streams, 0
    while start * 2**rounds < rate * round_trip:
        rounds += 1
    return size / rate + (1 + rounds) * round_trip


ETHERNET_10 = Network(latency=100e-6, bandwidth=10e9 / 8)
"""TCP between two instances of one zone, "up to 10 Gigabit" (g4dn.xlarge and its like)."""
EFA_400 = Network(latency=20e-6, bandwidth=400e9 / 8)
"""Elastic Fabric Adapter of the largest instances (p4d.24xlarge)."""
VPN = Network(latency=10e-3, bandwidth=1.25e9 / 8)
"""Through one tunnel, 20 ms there and back."""
CATALOGUE = Job(dense=16_000, rows=2_539, dim=64, lookups=10_000, seconds=0.011)
"""What the sample trains: a step of 4096 order lines on one core (``tests/bench/workers.py``)."""
MARKET_PLACE = Job(dense=3_000_000, rows=50_000_000, dim=128, lookups=2_000_000, seconds=0.2)
"""A table of 24 GiB, more than most GPUs hold with its optimizer's state; a step on one GPU."""


def few_servers_step(network: Network, workers: int, job: Job) -> float:
    """``server_step`` with one server for four workers."""
    return server_step(network, workers, job, max(1, workers // 4))


SCHEMES: dict[str, Callable[[Network, int, Job], float]] = {
    "dense ring": dense_step,
    "sparse rows": sparse_step,
    "sharded table": sharded_step,
    "one server for four workers": few_servers_step,
}


def table(
    network: Network, job: Job, grows: bool = False, workers: Sequence[int] = (1, 2, 4, 8, 16, 32)
) -> list[list[str]]:
    """Times faster than one worker, and the share of the ideal that is missing; the first row is the head.

    Args:
        network: between the workers.
        job: one step.
        grows: whether each worker keeps what one had (``weak``), or all share it.
        workers: one row for each.
    """
    rows = [["workers", *SCHEMES]]
    for count in workers:
        of_all = weak(job, count) if grows else job
        cells = []
        for step in SCHEMES.values():
            missing = overhead(count, of_all, step(network, count, of_all))
            cells.append(f"{count * (1 - missing):.1f} ({missing:.0%})")
        rows.append([str(count), *cells])
    return rows


def weak(job: Job, workers: int) -> Job:
    """The step that is as much larger as there are workers: each has what one had."""
    return replace(job, lookups=job.lookups * workers, seconds=job.seconds * workers)


def main() -> None:
    """Print all tables as Markdown."""
    for title, network, job, grows in (
        ("This log, the same step shared, between instances of 10 Gbit/s", ETHERNET_10, CATALOGUE, False),
        ("This log, the same step shared, with the VPN between the workers", VPN, CATALOGUE, False),
        ("A table of 24 GiB, a step as large for each, at 10 Gbit/s", ETHERNET_10, MARKET_PLACE, True),
        ("A table of 24 GiB, a step as large for each, at 400 Gbit/s", EFA_400, MARKET_PLACE, True),
    ):
        print(f"\n{title}: times faster than one worker (share of the ideal that is missing)\n")
        _print(table(network, job, grows))
    print("\nThrough the link: seconds\n")
    sizes = {"a day of this log (0.1 MB)": 1e5, "its ten months (9 MB)": 9e6, "a release (5 MB)": 5e6}
    sizes |= {"1 GB": 1e9, "100 GB": 1e11}
    rows = [["megabits/s", *sizes]]
    rows += [
        [str(rate), *(f"{over_link(size, rate):.1f}" for size in sizes.values())] for rate in (50, 250, 1250)
    ]
    _print(rows)


def _print(rows: list[list[str]]) -> None:
    head, *rest = rows
    for cells in (head, ["---"] * len(head), *rest):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
