"""Questions and transfers through the link, from a machine of the private site to one of the VPC."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal.drills.drill import DrillFailed, expect
from rehearsal.drills.link.answering import MODEL
from rehearsal.drills.link.machine import STATE
from rehearsal.drills.link.network import Network
from rehearsal.drills.link.outage import Outage, Tries, outage

FAULT_IS_OVER = 10.0
"""Seconds: the goal for every fault that leaves a way."""


class Traffic:
    """One who answers, which starts now, and those who ask."""

    def __init__(self, network: Network) -> None:
        self._network = network
        folder = STATE / "answering" / "files"
        folder.mkdir(parents=True)
        program = [sys.executable, "-m", "rehearsal.drills.link.answering"]
        self._answering = subprocess.Popen(
            network.answering.within(*program, network.plan.answering, str(folder), host=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answering.stdout is not None  # noqa: S101
        line = self._answering.stdout.readline()
        if not line:
            raise DrillFailed("what should answer in the VPC did not start")
        self._told: dict[str, Any] = json.loads(line)

    @property
    def asks(self) -> str:
        """Who answers the questions, in words."""
        return (
            "Triton"
            if "triton" in self._told
            else f"a file server, as Triton is not here: {self._told['why']}"
        )

    def transfer(self) -> str:
        """A file fetched and sent back, and what is said of it. Raises DrillFailed."""
        with self._asking("transfer", self._url("files", "/file")) as process:
            output, _ = process.communicate(timeout=120)
        expect(process.returncode == 0, "a transfer through the link broke off")
        seen = json.loads(output)
        whole = {seen["fetched"], seen["sent"], self._told["digest"]}
        expect(len(whole) == 1, "a file came through the link as another file")
        megabytes = seen["bytes"] / 1024 / 1024
        return f"{megabytes:.0f} MiB there and back in {seen['seconds']:.1f} s, checksums right"

    @contextmanager
    def questions(self) -> Iterator[Asked]:
        """Asked for the time of the block."""
        triton = "triton" in self._told
        url = self._url("triton", f"/v2/models/{MODEL}/infer") if triton else self._url("files", "/small")
        with self._asking("ask", url, *(["triton"] if triton else [])) as process:
            asked = Asked()
            try:
                yield asked
            finally:
                output, _ = process.communicate(timeout=60)
        if process.returncode:
            raise DrillFailed("the one who asks ended before the drill did")
        asked.tries = json.loads(output)

    def _url(self, port: str, path: str) -> str:
        return f"http://{self._network.plan.answering}:{self._told[port]}{path}"

    def _asking(self, *arguments: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "rehearsal.drills.link.asking", *arguments]
        return subprocess.Popen(
            self._network.shop.within(*program, host=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


class Asked:
    """What was asked during a block, once that has ended."""

    def __init__(self) -> None:
        self.tries: list[dict[str, Tries]] = []

    def cost(self, fault: float) -> Outage:
        """What a fault at that time cost."""
        return outage([each["tries"] for each in self.tries], fault)


__all__ = ["FAULT_IS_OVER", "Asked", "Traffic"]
