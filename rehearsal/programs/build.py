"""A program built from its Go module, for machines that reach package registries and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.programs import toolchain
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.progress import Progress
from rehearsal.programs.toolchain import Toolchain
from rehearsal.programs.versions import Version, dotted
from rehearsal.programs.with_parent import with_parent

_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class GoProgram:
    """A program that a committed Go module builds."""

    name: str
    """In the middle of a sentence: ``the engine``."""
    title: str
    """With its version: ``Pulumi 3.259.0``."""
    module: Path
    """The folder of go.mod and go.sum."""
    package: str
    executable: str
    stamps: Mapping[str, str]
    """Variables of the program that are set as it is linked, such as its version."""
    go: Version
    """The oldest Go that takes the module: its `go` line."""
    needed_gib: float
    """Of disk, from nothing: toolchain, modules, build cache, the program."""


def build(program: GoProgram, folder: Path, progress: Progress) -> None:
    """Build the program as ``folder/bin/EXECUTABLE``. Raises ProgramError."""
    _room(program, folder)
    go = toolchain.find(program.go, progress)
    source = folder / "source"
    shutil.copytree(program.module, source)

    progress.phase(f"Fetching the Go modules of {program.name}")
    fetched = 0
    packages = 0

    def count_module(line: str) -> None:
        nonlocal fetched
        fetched += line.startswith("go: downloading ")
        progress.at(f"{fetched} modules")

    def count_package(_: str) -> None:
        nonlocal packages
        packages += 1

    listed = ["list", "-deps", program.package]
    _go(program, go, listed, source, on_error=count_module, on_output=count_package)

    progress.phase(f"Building {program.title} with Go {dotted(go.version)} (once; minutes)")
    compiled = 0

    def count_compiled(line: str) -> None:
        nonlocal compiled
        compiled += not line.startswith("go: ")
        progress.at(f"{compiled} of at most {packages} packages")

    linked = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in program.stamps.items())])
    arguments = ["build", "-v", "-ldflags", linked, "-o", str(folder / "bin" / program.executable)]
    _go(program, go, [*arguments, program.package], source, on_error=count_compiled)
    shutil.rmtree(source)
    if go.own:
        shutil.rmtree(toolchain.scratch(), ignore_errors=True)


def _room(program: GoProgram, folder: Path) -> None:
    free = shutil.disk_usage(folder).free / 2**30
    if free < program.needed_gib:
        raise ProgramError(
            f"Building {program.name} needs {program.needed_gib:g} GiB and {folder.parent} has {free:.1f}: "
            "make room, or set ISTHMUS_CACHE to a folder with more."
        )


def _go(
    program: GoProgram,
    go: Toolchain,
    arguments: list[str],
    source: Path,
    *,
    on_error: Callable[[str], None],
    on_output: Callable[[str], None] | None = None,
) -> None:
    """Run ``go``; it ends with us, whatever stops us, and what it had half-built is in ``source``."""
    last: deque[str] = deque(maxlen=6)
    process = subprocess.Popen(
        with_parent([go.go, *arguments]),
        cwd=source,
        env={**go.environment(), "GOTMPDIR": str(source)},
        stdin=subprocess.DEVNULL,
        # A file and not a second pipe: nobody would read that one while this one is read.
        stdout=(source / "packages").open("w+") if on_output else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stderr is not None  # noqa: S101 - asked for above
        for line in process.stderr:
            last.append(line.strip())
            on_error(line)
        status = process.wait()
    except BaseException:
        _stop(process)
        raise
    if status != 0:
        raise ProgramError(
            f"go {arguments[0]} of {program.name} failed ({' | '.join(last) or f'exit status {status}'}): "
            "check that the Go module proxy can be reached (GOPROXY), then run the same command again; "
            "it goes on where it stopped."
        )
    if on_output:
        for line in (source / "packages").read_text().splitlines():
            on_output(line)


def _stop(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
