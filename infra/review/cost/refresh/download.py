"""The lines of a price list from where it is published, as they come: EC2's has hundreds of megabytes."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from infra.review.cost.refresh.price_list import RefreshRefused

PUBLISHED: Final = "https://pricing.us-east-1.amazonaws.com"
PATIENCE: Final = 60.0
_PIECE: Final = 1 << 18


def address(base: str, offer: str, region: str) -> str:
    """Where the list of an offer for a region stands."""
    return f"{base.rstrip('/')}/offers/v1.0/aws/{offer}/current/{region}/index.csv"


@contextmanager
def lines(url: str, progress: Callable[[int], None] = lambda _: None) -> Iterator[Iterator[str]]:
    """The lines behind an address; ``progress`` hears how many bytes came.

    Raises:
        RefreshRefused: it cannot be asked, or ends before its end; taking a line may raise it, too.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise RefreshRefused(f"{url} is no address of a price list: it begins with https://")
    try:
        with urlopen(Request(url), timeout=PATIENCE) as answer:  # noqa: S310 - its scheme was looked at
            wanted = answer.headers.get("Content-Length")
            yield _lines(answer.read, url, int(wanted) if wanted else None, progress)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise RefreshRefused(f"{url} cannot be read ({getattr(error, 'reason', error)})") from None


def _lines(
    read: Callable[[int], bytes], url: str, wanted: int | None, progress: Callable[[int], None]
) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest, came = "", 0
    while piece := read(_PIECE):
        came += len(piece)
        progress(came)
        *whole, rest = (rest + decode.decode(piece)).split("\n")
        yield from (f"{line}\n" for line in whole)
    if wanted is not None and came != wanted:
        raise RefreshRefused(f"{url} ended after {came:,} of {wanted:,} bytes: try again")
    if rest:
        yield rest
