"""Charts are pinned in one file, and one command moves them."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra import chart_pins
from infra.cluster_platform import move

INDEX = {
    "entries": {
        "keda": [
            {"version": "2.9.0", "digest": "a" * 64},
            {"version": "2.21.0", "digest": "b" * 64},
            {"version": "2.22.0-rc.1", "digest": "c" * 64},
        ]
    }
}


def test_every_pin_says_where_it_was_read() -> None:
    for chart in chart_pins.charts().values():
        assert chart.source
        assert chart.repository.startswith(("https://", "oci://"))
        # No command reads it anew: a registry of images has no index.
        assert chart.digest or not chart.is_oci, chart.name


def test_a_chart_moves_to_the_newest_version_that_is_no_trial() -> None:
    text = chart_pins.FILE.read_text()
    after = move.moved(text, "keda", None, INDEX, "2026-12-01")
    pins, before = yaml.safe_load(after), yaml.safe_load(text)
    assert pins["charts"]["keda"]["version"] == "2.21.0"
    assert pins["charts"]["keda"]["digest"] == f"sha256:{'b' * 64}"
    assert "2026-12-01" in pins["charts"]["keda"]["source"]
    assert after.startswith(text.splitlines()[0])
    assert {**pins["charts"], "keda": None} == {**before["charts"], "keda": None}


@pytest.mark.parametrize(
    ("name", "version", "sentence"),
    [("keda", "3.0.0", "2.9.0, 2.21.0"), ("external-secrets", None, "lists no version of external-secrets")],
)
def test_what_the_repository_does_not_have_is_refused(name: str, version: str | None, sentence: str) -> None:
    with pytest.raises(move.CannotMove, match=sentence):
        move.moved(chart_pins.FILE.read_text(), name, version, INDEX, "2026-12-01")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.yaml").write_text(yaml.safe_dump(INDEX))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_index_is_read_from_the_repository(repository: str) -> None:
    assert move.fetched(repository) == INDEX
    with pytest.raises(move.CannotMove, match="cannot be read"):
        move.fetched(f"{repository}/nowhere")
