"""API keys as a front knows them: by name and hash, which tell nobody the key."""

from __future__ import annotations

from pydantic import Field

from isthmus.settings.section import Section


class ApiKey(Section):
    """A caller's key."""

    name: str = Field(min_length=1, max_length=64)
    """Who the caller is, in logs, limits and feedback."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the key, as `isthmus front key` writes it: a key is random and long, so a plain hash of it cannot be
    guessed back."""


class ApiKeys(Section):
    """The file."""

    keys: tuple[ApiKey, ...] = ()
