"""A run goes on with the workers that are there, takes back those that return, and learns the same."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.training.held import Hold
from tests.training.shops import small_shop
from training.fit.checkpoint import POINTER
from training.fit.cluster import Worker
from training.fit.rendezvous import RendezvousServer, ask, gather
from training.fit.spot import SpotNotice
from training.jobs.local.workers import Workers, free_ports
from training.operations.tracking.run import OWN_SECONDS, TRACKING
from training.operations.tracking.tensorboard import read_scalars
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import read_report
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

SETTINGS = TrainingSettings(
    hold_back_days=0,
    epochs=8,
    batch_size=256,
    learning_rate=0.005,
    embedding_dim=8,
    history_length=16,
    checkpoint_steps=5,
    elastic_min_workers=1,
    elastic_wait_seconds=300,
)
IMPATIENT = {"elastic_wait_seconds": 1}


class Metadata(ThreadingHTTPServer):
    """The part of an instance's metadata service that tells of a spot instance's end."""

    notice: str | None = None
    tokens = 0
    asked = 0


class Answers(BaseHTTPRequestHandler):
    server: Metadata

    def do_PUT(self) -> None:
        assert self.path == "/latest/api/token"
        assert int(self.headers["X-aws-ec2-metadata-token-ttl-seconds"]) > 0
        self.server.tokens += 1
        self._say(200, "the-token")

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
            self._say(401, "")
        elif self.path == "/latest/meta-data/spot/instance-action" and self.server.notice:
            self._say(200, self.server.notice)
        else:
            self._say(404, "")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    with Metadata(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_spot_notice_is_read_with_one_token(metadata: Metadata) -> None:
    notice = SpotNotice(f"http://127.0.0.1:{metadata.server_port}")
    assert notice.due() is None
    metadata.notice = json.dumps({"action": "terminate", "time": "2026-01-01T00:00:00Z"})
    assert notice.due() == "terminate at 2026-01-01T00:00:00Z"
    assert (metadata.tokens, metadata.asked) == (1, 2)
    assert SpotNotice("http://127.0.0.1:1").due() is None


def three() -> list[Worker]:
    peers = tuple(f"127.0.0.1:{port}" for port in free_ports(3))
    return [Worker(index, peers) for index in range(3)]


def gathered(workers: list[Worker], least: int, wait: float) -> list[Worker | None]:
    found: dict[int, Worker | None] = {}
    threads = [
        threading.Thread(
            target=lambda worker=worker: found.update({worker.index: gather(worker, "run", least, wait)})
        )
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return [found[worker.index] for worker in workers]


def test_all_that_are_there_begin_at_once_and_fewer_after_the_wait() -> None:
    peers = three()
    assert gathered(peers, least=2, wait=60) == peers
    first, _, third = peers = three()
    members = (first.peers[0], first.peers[2])
    assert gathered([first, third], least=2, wait=1) == [
        Worker(0, members, (first.peers[1],)),
        Worker(1, members, (first.peers[1],)),
    ]


def test_one_that_comes_later_waits_while_a_run_is_under_way() -> None:
    """Beginning a second run beside the first is what it must not do, however long it waits."""
    _, second, third = three()
    alone = gathered([third], least=1, wait=0.5)[0]
    assert alone is not None
    assert alone.alone
    assert ask(third.name, "run") == "training"
    stop = threading.Event()
    found: list[Worker | None] = []
    late = threading.Thread(target=lambda: found.append(gather(second, "run", 1, 0.5, stop.is_set)))
    late.start()
    while ask(second.name, "run") == "away":
        assert late.is_alive()
    late.join(3)
    assert late.is_alive()
    assert ask(second.name, "run") == "waiting"
    stop.set()
    late.join(300)
    assert found == [None]


def test_workers_of_another_run_are_strangers() -> None:
    first = three()[0]
    server = RendezvousServer(first, "run")
    assert ask(first.name, "run") == "waiting"
    assert ask(first.name, "another run") == "training"
    server.close()
    assert ask(first.name, "run") == "away"


# Six processes import TensorFlow, one after the other: minutes on a machine with other work.
@pytest.mark.long
@pytest.mark.timeout(1500)
def test_two_workers_one_for_a_while_then_two_learn_what_one_learns(
    log_lines: list[str], tmp_path: Path, metadata: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are held at a checkpoint until what the test is about has happened, however long that takes."""
    source = Folder(small_shop(tmp_path / "orders"))
    work = Workspace.of(source.url, tmp_path / "work")
    transfer(source, Pseudonyms("a key of the private site"), SETTINGS, work.arrivals, work.private)
    two = SETTINGS.model_copy(update={"workers": 2})
    assert work.training_data(two).examples.shape == work.training_data(SETTINGS).examples.shape
    run, alone = work.training_data(two).fingerprint, work.training_data(SETTINGS).fingerprint
    assert run != alone
    hold = Hold(tmp_path, monkeypatch)
    killed: list[int] = []
    began = time.monotonic()

    def heard(words: str) -> bool:
        return any(words in line for line in log_lines)

    def kill(running: dict[int, subprocess.Popen[bytes]]) -> None:
        if not killed and work.checkpoints.get(f"{run}/{POINTER}"):
            running[1].send_signal(signal.SIGKILL)
            killed.append(running[1].pid)
            both_workers.settings = two.model_copy(update=IMPATIENT)  # the one that is left goes on alone

    def has_place(index: int) -> bool:
        if index == 0:
            if heard("is back; starting again with it"):
                hold.let_go()
            return True
        if heard("going on with 1 of 2 workers"):
            both_workers.settings = two  # from now on each waits for the other
            return True
        return False

    both_workers = Workers(two, work.folder, tmp_path / "two", kill, has_place)
    hold.hold()
    both_workers.run()
    assert len(killed) == 1
    starts = [line for line in log_lines if "TF_CONFIG=" in line]
    assert len(starts) == 2, log_lines
    for config in (json.loads(line.split("TF_CONFIG=")[1]) for line in starts):
        assert len(config["cluster"]["worker"]) == 2
        assert config["task"] == {"type": "worker", "index": 0}
    (tracked,) = (work.folder / TRACKING).iterdir()
    own = [read_scalars(tracked)[f"{OWN_SECONDS}/worker_{index}"] for index in range(2)]
    assert all(0 < seconds < time.monotonic() - began for epoch in own for seconds in epoch.values())
    resumed = [int(line.split()[5]) for line in log_lines if "resumed at step" in line]
    assert len(resumed) == 2
    assert 0 < resumed[0] < resumed[1]

    monkeypatch.setenv("SPOT_NOTICE_URL", f"http://127.0.0.1:{metadata.server_port}")

    def notice(_: dict[int, subprocess.Popen[bytes]]) -> None:
        if work.checkpoints.get(f"{alone}/{POINTER}") and not heard("ended with code 76"):
            metadata.notice = json.dumps({"action": "stop", "time": "soon"})

    def another(_: int) -> bool:
        """It starts again on another instance."""
        metadata.notice = None
        hold.let_go()
        return True

    hold.hold()
    Workers(SETTINGS, work.folder, tmp_path / "one", notice, another).run()
    assert heard("worker 0 ended with code 76")
    preempted, both = (read_report(tmp_path / name)["losses"] for name in ("one", "two"))
    assert len(preempted) == len(both) == SETTINGS.epochs
    np.testing.assert_allclose(both, preempted, rtol=5e-3)
