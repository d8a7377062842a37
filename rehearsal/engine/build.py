"""The engine built from its Go module, for machines that reach package registries and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from rehearsal.engine import pin, toolchain
from rehearsal.engine.errors import EngineError
from rehearsal.engine.process import interrupt_with_parent
from rehearsal.engine.progress import Progress
from rehearsal.engine.toolchain import Toolchain

MODULE = Path(__file__).parent / "gomodule"

# Measured: 115 MB of engine, 2.9 GB of modules and build cache from nothing.
_NEEDED_GIB = 4
_GRACE_SECONDS = 5.0


def build(folder: Path, progress: Progress) -> None:
    """Build the pinned engine as ``folder/bin/pulumi``. Raises EngineError."""
    _room(folder)
    go = toolchain.find(progress)
    source = folder / "source"
    shutil.copytree(MODULE, source)

    progress.phase("Fetching the engine's Go modules")
    fetched = 0
    packages = 0

    def count_module(line: str) -> None:
        nonlocal fetched
        fetched += line.startswith("go: downloading ")
        progress.at(f"{fetched} modules")

    def count_package(_: str) -> None:
        nonlocal packages
        packages += 1

    _go(go, ["list", "-deps", pin.ENGINE_PACKAGE], source, on_error=count_module, on_output=count_package)

    progress.phase(f"Building Pulumi {pin.VERSION} with Go {pin.dotted(go.version)} (once; minutes)")
    compiled = 0

    def count_compiled(line: str) -> None:
        nonlocal compiled
        compiled += not line.startswith("go: ")
        progress.at(f"{compiled} of at most {packages} packages")

    stamp = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{pin.VERSION}"
    arguments = ["build", "-v", "-ldflags", f"-s -w {stamp}", "-o", str(folder / "bin" / "pulumi")]
    _go(go, [*arguments, pin.ENGINE_PACKAGE], source, on_error=count_compiled)
    shutil.rmtree(source)
    if go.own:
        shutil.rmtree(toolchain.scratch(), ignore_errors=True)


def _room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free / 2**30
    if free < _NEEDED_GIB:
        raise EngineError(
            f"Building the engine needs {_NEEDED_GIB} GiB and {folder.parent} has {free:.1f}: "
            "make room, or set ISTHMUS_CACHE to a folder with more."
        )


def _go(
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
        [go.go, *arguments],
        cwd=source,
        env={**go.environment(), "GOTMPDIR": str(source)},
        stdin=subprocess.DEVNULL,
        # A file and not a second pipe: nobody would read that one while this one is read.
        stdout=(source / "packages").open("w+") if on_output else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        preexec_fn=interrupt_with_parent,
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
        raise EngineError(
            f"go {arguments[0]} of the engine failed ({' | '.join(last) or f'exit status {status}'}): "
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
