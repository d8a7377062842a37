"""Previews beside their floor: the same resources as a flat program, by the same engine and plugins."""

from __future__ import annotations

import copy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.settings import Settings
from infra.settings.checking import check
from infra.settings.stack_file import read_stack_file
from isthmus.stack_files import write
from rehearsal import sandbox
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import derive
from rehearsal.estate import Estate
from tests.bench import flat
from tests.bench.measure import Row, Sample, seconds
from tests.infra.recorded import record

STACK = "prod"
MORE_POOLS = 188
"""GPU pools beside those of prod, four resources each: some 1,000 resources in all."""


def rows(rounds: int, say: Callable[[str], None]) -> Iterator[Row]:
    """Rows of prod, of a thousand resources, and of the command's own share, each measured in turns."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name, sandbox.estate(Path(name)) as estate:
        stack_file = estate.project_dir / "stacks" / f"Pulumi.{STACK}.yaml"
        say(f"[bold]preview of {STACK}[/], {rounds} rounds beside a flat program of the same resources")
        ours, floor, command, count = _compare(estate, rounds, by_command=True)
        yield f"preview of {STACK}, {count} resources", f"{ours} s", ""
        yield "the same as a flat program", f"{floor} s", ""
        yield "ratio of the medians", f"{ours.median / floor.median:.2f}", "at most 1.0"
        own = command.median - ours.median
        yield f"`isthmus preview {STACK}`, beyond the engine's", f"{own:.2f} s", "at most 0.5 s"

        say(f"[bold]preview of a thousand resources[/], {rounds} rounds beside a flat program")
        config = copy.deepcopy(dict(read_stack_file(stack_file, stack_file.name).config))
        pool = {"instance_type": "g5.2xlarge", "max": 1}
        config["isthmus:aws"]["gpu_pools"] |= {f"more-{number}": pool for number in range(MORE_POOLS)}
        stack_file.write_text(write({"config": config}))
        ours, floor, _, count = _compare(estate, rounds)
        yield f"preview of {count} resources", f"{ours} s", ""
        yield "the same as a flat program", f"{floor} s", ""
        yield "ratio of the medians", f"{ours.median / floor.median:.2f}", "at most 1.0"


def _compare(estate: Estate, rounds: int, by_command: bool = False) -> tuple[Sample, Sample, Sample, int]:
    """Seconds of the estate's previews, the flat program's and the command's, in turns; and the resources."""
    stack_file = estate.project_dir / "stacks" / f"Pulumi.{STACK}.yaml"
    settings = check(stack_file.name, STACK, read_stack_file(stack_file, stack_file.name).config)
    other = _flat(estate, settings)
    config_file = derive(estate.home, estate.project_dir, STACK).path
    line = [sys.executable, "-m", "isthmus.cli.main", "preview", STACK]
    ours, floor, command, count = [], [], [], 0
    for _ in range(rounds):
        result = estate.engine.preview(STACK, config_file=config_file)
        ours.append(result.seconds)
        count = result.resources
        floor.append(other.preview(flat.NAME).seconds)
        if by_command:
            command.append(
                seconds(lambda: subprocess.run(line, cwd=estate.project_dir, capture_output=True, check=True))
            )
    return Sample(tuple(ours)), Sample(tuple(floor)), Sample(tuple(command or ours)), count


def _flat(estate: Estate, settings: Settings) -> Engine:
    from infra.__main__ import estate as program

    return flat.project(estate, flat.program(record(lambda: program(settings), STACK).resources))
