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

from botocore.exceptions import ClientError
from optuna.storages.journal import BaseJournalBackend

from training.errors import StoreFailed
from training.s3_errors import failure, speaking_to

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_READERS = 8


class BucketJournal(BaseJournalBackend):
    """The journal under a prefix of a bucket. Threads and processes may share one.

    Args:
        bucket: its name.
        prefix: ends in "/".
        client: a boto3 S3 client.
    """

    def __init__(self, bucket: str, prefix: str, client: Any) -> None:
        self.bucket, self.prefix, self.client = bucket, prefix, client
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
        mine = uuid.uuid4().hex
        content = json.dumps({"id": mine, "entries": logs}).encode()
        with self._lock:
            while not self._put(content):
                before = self._objects
                # A put whose answer was lost is refused when it is repeated, though it was written.
                if mine in self._read():
                    return
                if self._objects == before:
                    raise StoreFailed(f"{self._name(before)} can neither be written nor read")
            self._objects += 1
            self._entries += logs

    def _put(self, content: bytes) -> bool:
        where = self._name(self._objects)
        try:
            with speaking_to(self.client, where, "written", but=ClientError):
                self.client.put_object(
                    Bucket=self.bucket, Key=self._key(self._objects), Body=content, IfNoneMatch="*"
                )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise failure(error, self.client, where, "written") from error
        return True

    def _read(self) -> set[str]:
        """Take in what others wrote; returns the ids of it."""
        last = self._key(self._objects - 1) if self._objects else self.prefix
        with speaking_to(self.client, self._name(self._objects), "read"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, StartAfter=last
            )
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
            with ThreadPoolExecutor(_READERS) as readers:
                found = list(readers.map(self._get, keys))
        for one in found:
            self._entries += one["entries"]
        self._objects += len(found)
        return {one["id"] for one in found}

    def _get(self, key: str) -> Any:
        return json.loads(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def _key(self, number: int) -> str:
        return f"{self.prefix}{number:010}.json"

    def _name(self, number: int) -> str:
        return f"s3://{self.bucket}/{self._key(number)}"
