"""Both sites' control planes: seconds until they are ready together, processor time, memory, their end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rehearsal.control_plane import running
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.provide import provide
from tests.bench.measure import Row, Sample, seconds

SITES = ("aws", "openstack")


def rows(rounds: int) -> Iterator[Row]:
    """Start both from nothing, look, end them; ``rounds`` times."""
    binaries = provide()
    ready, ended, worked, held = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
            planes = [ControlPlane(site, Path(folder) / site) for site in SITES]
            try:
                ready.append(seconds(lambda: running.start(planes, binaries)))  # noqa: B023 - called here
                processes = [each for plane in planes for each in plane.processes().values()]
                worked.append(sum(each.cpu_times().user + each.cpu_times().system for each in processes))
                # Programs of one file share its pages; each page counts once.
                held.append(sum(each.memory_full_info().pss for each in processes) / 1e6)
            finally:
                ended.append(seconds(lambda: running.stop(planes)))  # noqa: B023 - called here
    yield "both control planes ready", f"{Sample(tuple(ready))} s", "at most 10 s"
    yield "their processor time until then", f"{Sample(tuple(worked))} s", ""
    yield "their memory then (PSS)", f"{Sample(tuple(held))} MB", "at most 900 MB"
    yield "their end", f"{Sample(tuple(ended))} s", ""
