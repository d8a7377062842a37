"""Optuna's journal in a bucket: one object for each entry, written only where none is yet.

An object store has no lock, but it can refuse to write over what is there (``If-None-Match: *``). So entries
get numbers, and of two writers of one number the second is refused, reads what the first wrote, and takes the
next number: all who read the journal read the same entries in the same order. Nothing is ever written over.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from isthmus.errors import StoreFailed
from isthmus.object_store import Bucket

_READERS = 8


class BucketJournal(BaseJournalBackend):
    """The journal under a prefix of a bucket. Threads and processes may share one.

    Args:
        bucket: with the prefix under which nothing else is.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._objects = 0

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The entries from a number on."""
        with self._lock:
            self._read()
            return self._entries[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Put entries at the end."""
        entry_id = uuid.uuid4().hex
        content = json.dumps({"id": entry_id, "entries": logs}).encode()
        with self._lock:
            while not self._bucket.put_new(_key(self._objects), content):
                before = self._objects
                # A put whose answer was lost is refused when it is repeated, though it was written.
                if entry_id in self._read():
                    return
                if self._objects == before:
                    raise StoreFailed(f"{self._bucket.address(_key(before))} can neither be written nor read")
            self._objects += 1
            self._entries += logs

    def _read(self) -> set[str]:
        """Read the entries that are new; returns their ids."""
        keys = self._bucket.keys("", after=_key(self._objects - 1) if self._objects else "")
        with ThreadPoolExecutor(_READERS) as readers:
            found = [json.loads(content) for content in readers.map(self._bucket.get, keys) if content]
        for entry in found:
            self._entries += entry["entries"]
        self._objects += len(found)
        return {entry["id"] for entry in found}


def _key(number: int) -> str:
    return f"{number:010}.json"
