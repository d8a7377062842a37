"""A release that answers for the time of a ``with`` block, by the real tritonserver of this machine.

For batches and for a look at a release before it is signed: the repository, the models and the client are
those of service.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from isthmus_client import Recommender
from serving.local.server import LocalServer
from serving.repository.build import build
from training.release import Customers, new_key, shortlisted, sign, verify

ANSWER_S = 60.0
"""Seconds for one question: a batch may wait behind others."""


@contextmanager
def serve_release(
    release: Path, pseudonym: Callable[[str], str] | None = None, optimised: Path | None = None
) -> Iterator[Recommender]:
    """Serve a release from a temporary folder; server and folder are gone when the block ends.

    Args:
        release: directory of a release. Signed or not: its files are checked against its manifest.
        pseudonym: see ``Recommender``.
        optimised: a folder of ``isthmus release optimise`` whose models answer; None for the release's own.

    Raises:
        OptimisedDamaged: when ``optimised`` is not what was written, or of another release.
        ReleaseError: when it is no release, or a file of it is damaged.
        LocalServerFailed: when no server could be started on it.
    """
    manifest = verify(release)
    with tempfile.TemporaryDirectory(prefix="isthmus-serving-") as folder, _terminate_unwinds():
        repository = Path(folder) / "models"
        signature = sign(manifest.digest(), new_key())
        build(release, manifest, signature, repository, onnx_backend="python", optimised=optimised)
        with (
            LocalServer(repository, Path(folder) / "log") as server,
            Recommender(server.url("grpc"), pseudonym=pseudonym, timeout_s=ANSWER_S) as recommender,
        ):
            yield recommender


def customers_of(release: Path) -> set[str]:
    """Pseudonyms of all customers for whom a release has an answer of their own."""
    return {*Customers.read(release), *shortlisted(release)}


@contextmanager
def _terminate_unwinds() -> Iterator[None]:
    """Let SIGTERM unwind the block, as Ctrl-C does: the server is a process of its own, and would stay."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(128 + signal.SIGTERM)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
