"""A waiting program ends whichever of its threads the kernel gave the signal."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 30
# With the signal blocked in the main thread it is another one that takes it, each time.
PROGRAM = """
import signal, sys, threading, time
from rehearsal.programs.asked_to_end import AskedToEnd

over = AskedToEnd()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
if sys.argv[1] == "thread":
    threading.Thread(target=over.ask).start()
print("waits", flush=True)
over.wait()
print("ended", flush=True)
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, "thread"])
def test_a_waiting_program_ends_whoever_took_the_signal(by: signal.Signals | str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(by)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        if isinstance(by, signal.Signals):
            process.send_signal(by)
        try:
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
        assert process.stdout.read() == "ended\n"
