"""The one who asks, in the private site: run there as ``python -m rehearsal.drills.link.asking``.

``transfer URL``: fetch a file, send it back, and print both digests and the seconds. ``ask URL [triton]``: a
question each 50 ms until standard input ends, then every try as JSON.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
import threading
import time
from typing import Final
from urllib.parse import urlsplit

EVERY_SECONDS: Final = 0.05
TRY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 15.0
NUMBERS: Final = [1, 2, 3, 4]


def transfer(url: str) -> dict[str, object]:
    """A file through the link and back."""
    parts = urlsplit(url)
    started = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", parts.path)
    content = connection.getresponse().read()
    connection.request("PUT", parts.path, body=content)
    sent = connection.getresponse().read().decode()
    return {
        "bytes": len(content),
        "fetched": hashlib.sha256(content).hexdigest(),
        "sent": sent,
        "seconds": time.monotonic() - started,
    }


def ask(url: str, triton: bool) -> list[dict[str, object]]:
    """One question after the other at their times, each in a thread of its own, until standard input ends."""
    ended = threading.Event()

    def end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=end, daemon=True).start()
    asked: list[dict[str, object]] = []
    threads = []
    at = time.monotonic()
    while not ended.is_set():
        record: dict[str, object] = {}
        asked.append(record)
        threads.append(threading.Thread(target=_question, args=(url, triton, record)))
        threads[-1].start()
        at += EVERY_SECONDS
        time.sleep(max(0.0, at - time.monotonic()))
    for thread in threads:
        thread.join()
    return asked


def _question(url: str, triton: bool, record: dict[str, object]) -> None:
    started = time.monotonic()
    tries: list[tuple[float, bool]] = []
    record["tries"] = tries
    while True:
        at = time.monotonic()
        right = _try(url, triton)
        tries.append((at, right))
        if right or time.monotonic() - started > PATIENCE_SECONDS:
            return
        time.sleep(PAUSE_SECONDS)


def _try(url: str, triton: bool) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TRY_SECONDS)
    try:
        if not triton:
            connection.request("GET", parts.path)
            return connection.getresponse().read() == b"answered"
        numbers = {"name": "numbers", "shape": [4], "datatype": "INT32", "data": NUMBERS}
        connection.request("POST", parts.path, json.dumps({"inputs": [numbers]}))
        answer = json.loads(connection.getresponse().read())
        return bool(answer["outputs"][0]["data"] == [number + 1 for number in NUMBERS])
    except (OSError, http.client.HTTPException, ValueError, LookupError):
        return False
    finally:
        connection.close()


def main(what: str, url: str, triton: bool) -> None:
    """Do it, and print what came of it."""
    print(json.dumps(transfer(url) if what == "transfer" else ask(url, triton)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] == ["triton"])
