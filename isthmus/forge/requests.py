"""Requests to a forge's REST API: JSON there and back, all pages of a list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from isthmus.forge.errors import ForgeError

PAGE: Final = 100
"""The most that both forges give at a time."""
MOST_PAGES: Final = 50
PATIENCE: Final = 30.0


@dataclass(frozen=True)
class Api:
    """One forge's API."""

    base: str
    headers: Mapping[str, str] = field(repr=False)
    """With the token, which no message repeats."""

    def all(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Every entry of a list. Raises ForgeError."""
        for page in range(1, MOST_PAGES + 1):
            found = self.send("GET", f"{path}?{urlencode({**query, 'per_page': PAGE, 'page': page})}")
            if not isinstance(found, list):
                raise ForgeError(f"{self.base}{path} answers no list: check the address of the API")
            yield from found
            if len(found) < PAGE:
                return
        raise ForgeError(f"{self.base}{path} has more than {PAGE * MOST_PAGES} entries: nobody reads on")

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request and what it is answered. Raises ForgeError."""
        if urlsplit(self.base).scheme not in ("http", "https"):
            raise ForgeError(f"{self.base!r} is no address of an API: it begins with https://")
        request = Request(  # noqa: S310 - its scheme was looked at
            self.base + path,
            None if body is None else json.dumps(body).encode(),
            {**self.headers, "Content-Type": "application/json", "User-Agent": "isthmus"},
            method=method,
        )
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - its scheme was looked at
                content = answer.read()
        except HTTPError as error:
            raise ForgeError(
                f"{method} {self.base}{path.partition('?')[0]} is refused with {error.code} ({_why(error)}): "
                "check the permissions of the token"
            ) from None
        except (URLError, TimeoutError) as error:
            raise ForgeError(f"{self.base} cannot be asked ({getattr(error, 'reason', error)})") from None
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise ForgeError(f"{self.base}{path.partition('?')[0]} answers no JSON") from None


def _why(error: HTTPError) -> str:
    try:
        told = json.loads(error.read()).get("message", error.reason)
    except (ValueError, AttributeError):
        told = error.reason
    return "".join(c if c.isprintable() else " " for c in str(told))[:200]
