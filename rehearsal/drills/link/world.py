"""The first process of the drill's own namespaces, run with STACK_FILE STACK DEBIAN ROUNDS.

It tells what it sees as lines of JSON. When it ends, whatever the reason, the kernel ends all that it
started, and mounts and networks go with them; it ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from pathlib import Path

from infra.settings import read
from isthmus.errors import IsthmusError
from rehearsal.drills.link import faults
from rehearsal.drills.link.machine import STATE, run
from rehearsal.drills.link.network import Network
from rehearsal.drills.link.plan import plan
from rehearsal.drills.link.traffic import Traffic

DIAL_SECONDS = 10.0


def main(stack_file: Path, stack: str, debian: Path, rounds: int) -> None:
    """Play it, and tell."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        seen = _play(stack_file, stack, debian, rounds)
    except IsthmusError as error:
        _tell("failed", str(error))
    else:
        _tell("seen", seen)


def _play(stack_file: Path, stack: str, debian: Path, rounds: int) -> str:
    for place in ("/run", "/dev/shm"):  # noqa: S108 - of these namespaces alone
        run("mount", "-t", "tmpfs", "link", place)
    STATE.mkdir()
    os.environ["TMPDIR"] = str(STATE)
    Path("/run/netns").mkdir()
    started = time.monotonic()
    keys = [secrets.token_hex(16) for _ in range(4)]
    network = Network(plan(read(stack_file, stack), keys), debian)
    network.power_on()
    threading.Thread(target=_dial, args=(network,), daemon=True).start()
    _say(f"two servers, four ends of AWS's and their networks stand after {time.monotonic() - started:.1f} s")
    faults.comes_up(network, _say)
    traffic = Traffic(network)
    _say(f"answered by {traffic.asks}")
    seen = ""
    for _ in range(max(rounds, 1)):
        _say(f"through the link: {traffic.transfer()}")
        seen = "; ".join(
            (
                faults.tunnel_cut(network, traffic, _say, wait=rounds > 0),
                faults.server_killed(network, traffic, _say),
                faults.one_option(network, _say),
            )
        )
    return seen


def _dial(network: Network) -> None:
    while True:
        time.sleep(DIAL_SECONDS)
        network.dial()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(1)


def _say(line: str) -> None:
    _tell("say", line)


def _tell(kind: str, text: str) -> None:
    print(json.dumps({kind: text}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
