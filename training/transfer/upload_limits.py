"""How the line to a store is used: how fast, in how large parts, how many at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from training.settings import Transfer
from training.transfer.parts import Part

_BLOCK = 64 * 1024

BytesSent = Callable[[int], None]
"""Takes bytes as they leave."""


class UploadLimits:
    """Bodies of requests that are read from disk no faster than the line may be used.

    One is shared by all that goes over the link, so that its limit is that of the sum.
    """

    def __init__(self, settings: Transfer | None = None) -> None:
        self.settings = settings or Transfer()
        self._limiter: Any = None
        if rate := self.settings.bytes_per_second:
            from s3transfer.bandwidth import (  # type: ignore[import-untyped]
                BandwidthLimiter,
                LeakyBucket,
            )

            self._limiter = BandwidthLimiter(LeakyBucket(rate))

    def attach(self, client: Any, checksums: bool) -> None:
        """Let a client tell a body when it is read to be sent and when only to be signed.

        The same handlers as s3transfer's own manager registers: reads for a signature are not counted. With
        ``checksums`` bodies are not read for a signature at all, which signs their checksum as a header; over
        TLS that is botocore's own way, too.
        """
        from s3transfer.utils import (  # type: ignore[import-untyped]
            signal_not_transferring,
            signal_transferring,
        )

        events = client.meta.events
        events.register_first(
            "request-created.s3", signal_not_transferring, unique_id="s3upload-not-transferring"
        )
        if checksums:
            config = client.meta.config
            config.s3 = {**(config.s3 or {}), "payload_signing_enabled": False}
        events.register_last("request-created.s3", signal_transferring, unique_id="s3upload-transferring")

    def body(self, path: Path, part: Part, progress: BytesSent | None = None) -> Any:
        """A part of a file as the body of a request; close it afterwards."""
        from s3transfer.utils import ReadFileChunk

        file: Any = path.open("rb")
        file.seek(part.offset)
        if self._limiter is not None:
            never_stopped = SimpleNamespace(exception=None)
            file = self._limiter.get_bandwith_limited_stream(file, never_stopped, enabled=False)
        callbacks = [lambda bytes_transferred: progress(bytes_transferred)] if progress is not None else []
        return ReadFileChunk(
            file,
            chunk_size=part.size,
            full_file_size=path.stat().st_size,
            callbacks=callbacks,
            enable_callbacks=False,
            close_callbacks=[file.close],
        )

    def copy(self, path: Path, copy: IO[bytes], progress: BytesSent | None = None) -> None:
        """Copy a file no faster than the line may be used: a folder may lie on another machine, too."""
        file: Any = path.open("rb")
        if self._limiter is not None:
            never_stopped = SimpleNamespace(exception=None)
            file = self._limiter.get_bandwith_limited_stream(file, never_stopped, enabled=True)
        left = path.stat().st_size
        # Closing waits as well: what is less than the limiter's threshold counts then.
        with file:
            # What is asked for is what counts, so no more than there is.
            while block := file.read(min(_BLOCK, left)):
                copy.write(block)
                left -= len(block)
                if progress is not None:
                    progress(len(block))
