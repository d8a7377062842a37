"""Who asks: an API key, of which the front knows the hash alone, or a signed token."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import yaml

from isthmus.atomic_files import atomic_write
from isthmus.errors import WrongData
from isthmus.settings.validation import validate
from serving.front.keys import ApiKey, ApiKeys
from serving.front.problems import RequestRefused
from serving.front.settings import FrontSettings, read_yaml
from serving.front.tokens import TokenJudge

PREFIX = "isthmus_"
"""By which scanners of repositories can tell a key."""


class Callers:
    """Tells who sent a request."""

    def __init__(self, settings: FrontSettings) -> None:
        self._anonymous = settings.anonymous
        self._names: dict[str, str] = {}
        if settings.keys is not None:
            read = _read(Path(settings.keys))
            self._names = {key.sha256: key.name for key in read.keys}
            if not read.keys and settings.tokens is None:
                raise WrongData(f"{settings.keys} holds no key; `isthmus front key NAME` makes one")
        self._tokens = None if settings.tokens is None else TokenJudge(settings.tokens)

    async def name(self, key: str | None, authorization: str | None) -> str:
        """The caller's name. Raises RequestRefused where nobody is known by what came."""
        if self._anonymous:
            return "anonymous"
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() == "bearer" and token:
            if token.startswith(PREFIX):
                key = token
            elif self._tokens is not None:
                return await self._tokens.subject(token)
        if key is None:
            raise _unknown("the request names no caller; send the header X-API-Key, or Authorization: Bearer")
        found = self._names.get(_hash(key))
        if found is None:
            raise _unknown("the key is not known here; ask who runs this front for one")
        return found

    async def close(self) -> None:
        """Close the connection to the issuer of tokens."""
        if self._tokens is not None:
            await self._tokens.close()


def add_key(file: Path, name: str) -> str:
    """Make a key for a caller, write its hash into the file, and return the key: it is told this once.

    Raises:
        WrongData: the file already has a key of that name, or is none of keys.
    """
    before = _read(file).keys if file.exists() else ()
    if any(key.name == name for key in before):
        raise WrongData(f"{file} has a key for {name} already; remove it there first, or choose another name")
    key = PREFIX + secrets.token_urlsafe(32)
    added = validate(ApiKey, {"name": name, "sha256": _hash(key)}, "the name of the key", "")
    entries = [entry.model_dump() for entry in (*before, added)]
    atomic_write(file, yaml.safe_dump({"keys": entries}, sort_keys=False).encode(), mode=0o600)
    return key


def _read(file: Path) -> ApiKeys:
    return validate(ApiKeys, read_yaml(file), str(file), "")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _unknown(sentence: str) -> RequestRefused:
    return RequestRefused(401, sentence, {"WWW-Authenticate": "Bearer"})
