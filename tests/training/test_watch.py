"""A worker that has done its last step stays until the chief no longer needs it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from isthmus.exit_codes import EXIT_PEER_LOST, EXIT_PREEMPTED
from training.fit import peer_monitor as watching
from training.fit.cluster import Worker
from training.fit.peer_monitor import PeerMonitor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "INTERVAL_SECONDS", 0.02)


@pytest.fixture
def chief() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def second_of(chief: socket.socket) -> Worker:
    return Worker(1, (f"127.0.0.1:{chief.getsockname()[1]}", "127.0.0.1:1"))


def test_it_stays_until_the_release_is_there(chief: socket.socket) -> None:
    asked = iter([False, False, False, True])
    assert PeerMonitor(second_of(chief), is_done=lambda: next(asked)).await_done() == 0
    assert next(asked, None) is None


def test_it_starts_again_when_the_chief_is_lost_before_the_release(chief: socket.socket) -> None:
    worker = second_of(chief)
    chief.close()
    assert PeerMonitor(worker).await_done() == EXIT_PEER_LOST


def test_a_chief_that_published_and_left_is_no_loss(chief: socket.socket) -> None:
    worker, answers = second_of(chief), iter([False] * watching.REFUSALS + [True])
    chief.close()
    assert PeerMonitor(worker, is_done=lambda: next(answers)).await_done() == 0


def test_it_leaves_when_it_is_told_to(chief: socket.socket) -> None:
    monitor = PeerMonitor(second_of(chief))
    monitor.ask_to_stop()
    assert monitor.await_done() == EXIT_PREEMPTED
