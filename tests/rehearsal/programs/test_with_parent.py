"""Children that end with a parent, and become the program that they are to be whatever it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rehearsal.engine.process import run

# gRPC is at work first: no variable that is set later reaches it.
SPEAKS_GRPC = """
import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path
import grpc

for number in range(5):
    server = grpc.server(futures.ThreadPoolExecutor(4))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    grpc.channel_ready_future(channel).result(30)
    if number % 2:
        channel.close()
        server.stop(0)

from rehearsal.engine.process import run
for _ in range(100):
    done = run(["echo", "became"], folder=Path.cwd(), environment=os.environ)
    if (done.status, done.stdout, done.stderr) != (0, "became\\n", ""):
        sys.exit(str(done))
"""


def test_no_child_is_lost_to_the_handlers_of_grpc() -> None:
    done = subprocess.run([sys.executable, "-c", SPEAKS_GRPC], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only this kernel can be asked")
def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    starts = "import subprocess, sys, time\nfrom rehearsal.programs.with_parent import with_parent\n"
    starts += "print(subprocess.Popen(with_parent(['sleep', '600'])).pid, flush=True)\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        while child.name() != "sleep":
            time.sleep(0.01)
        parent.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs([child], timeout=30)[1]


def test_a_program_gets_arguments_status_and_signals_as_if_started_itself(tmp_path: Path) -> None:
    says = 'printf "%s|" "$@"; exit 7'
    done = run(["sh", "-c", says, "sh", "a b", "", "*"], folder=tmp_path, environment=dict(os.environ))
    assert (done.status, done.stdout, done.stderr) == (7, "a b||*|", "")

    # `yes` ends by the broken pipe, without a word, only where that signal is not ignored.
    closed = run(["sh", "-c", "yes | head -n 1"], folder=tmp_path, environment=dict(os.environ))
    assert (closed.status, closed.stdout, closed.stderr) == (0, "y\n", "")

    gone = run([tmp_path / "pulumi"], folder=tmp_path, environment=dict(os.environ))
    assert gone.status == 1
    assert gone.stderr == f"{tmp_path}/pulumi: No such file or directory\n"


def test_ctrl_c_that_a_shell_ignores_is_heeded() -> None:
    ignored = "import signal, subprocess, sys\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    ignored += "from rehearsal.programs.with_parent import with_parent\n"
    ignored += "sys.exit(subprocess.run(with_parent(['sh', '-c', 'kill -INT $$; exit 9'])).returncode)"
    done = subprocess.run([sys.executable, "-c", ignored], capture_output=True, text=True, timeout=60)
    assert done.returncode == 256 - signal.SIGINT, (done.returncode, done.stderr)
