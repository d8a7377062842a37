"""Files from the sites of their makers: checked, and gone on with where an earlier try was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx

from rehearsal.programs import cache
from rehearsal.programs.errors import Unavailable

# A site that cannot be reached is passed over at once; a download that stands still is given up.
_TIMEOUT = httpx.Timeout(30.0, connect=4.0)


def text(url: str) -> str:
    """A small text file. Raises Unavailable."""
    try:
        answer = httpx.get(url, timeout=_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(_said(url, error)) from None
    return answer.text


def file(url: str, sha256: str, target: Path, arrived: Callable[[int], None]) -> None:
    """Write ``target`` once its content has the checksum ``sha256``. Raises Unavailable.

    Args:
        url: what is fetched.
        sha256: in hexadecimal digits; also the name of what has come so far, in the user's cache.
        target: the file; it is there in full or not at all.
        arrived: called with the number of bytes that have come, again and again.
    """
    aside = cache.entry("downloads", sha256)
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        _rest(url, aside, arrived)
    except httpx.HTTPError as error:
        raise Unavailable(_said(url, error)) from None
    with aside.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        aside.unlink()
        raise Unavailable(f"{url} has the checksum {found}, and {sha256} was announced: it was not kept")
    # Within the cache, so a rename.
    aside.replace(target)


def _rest(url: str, aside: Path, arrived: Callable[[int], None]) -> None:
    come = aside.stat().st_size if aside.exists() else 0
    # The bytes as they lie there: those are what the checksum is of, and what a range counts.
    wanted = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={come}-"} if come else {})
    with httpx.stream("GET", url, headers=wanted, timeout=_TIMEOUT, follow_redirects=True) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it came before
        answer.raise_for_status()
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        come = come if goes_on else 0
        with aside.open("ab" if goes_on else "wb") as kept:
            for part in answer.iter_raw():
                kept.write(part)
                come += len(part)
                arrived(come)


def _said(url: str, error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{url} answers {error.response.status_code}"
    return f"{url} cannot be reached ({str(error) or type(error).__name__})"
