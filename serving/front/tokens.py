"""JSON Web Tokens: signed by an issuer whose public keys are read from a file or from its JWKS address."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from isthmus.errors import WrongData
from serving.front.problems import RequestRefused
from serving.front.settings import Tokens

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
"""Of public keys alone: with a shared secret, who can check a token could write one."""
READ_AGAIN_S = 300.0
AT_ONCE_S = 10.0
"""A token by a key that is not known has the keys read again, at most as often as this."""


class TokenJudge:
    """Checks tokens of one issuer."""

    def __init__(self, settings: Tokens) -> None:
        self._settings = settings
        self._remote = settings.jwks.startswith("https://")
        self._client = httpx.AsyncClient(timeout=2.0) if self._remote else None
        self._keys = KeySet([]) if self._remote else _from_file(Path(settings.jwks))
        self._read_at = float("-inf")
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def subject(self, token: str) -> str:
        """``sub`` of a token. Raises RequestRefused where it is not in order."""
        await self._read_older_than(READ_AGAIN_S)
        try:
            return self._checked(token)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            if not self._remote or time.monotonic() - self._read_at < AT_ONCE_S:
                raise _refused(error) from None
        await self._read_older_than(AT_ONCE_S)
        try:
            return self._checked(token)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused(error) from None

    async def close(self) -> None:
        """Close the connection to the issuer."""
        if self._client is not None:
            await self._client.aclose()

    def _checked(self, token: str) -> str:
        read = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        self._claims.validate(read.claims)
        subject = read.claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 128:
            raise ValueError("sub is no text of 1 to 128 characters")
        return subject

    async def _read_older_than(self, seconds: float) -> None:
        if self._client is None or time.monotonic() - self._read_at < seconds:
            return
        self._read_at = time.monotonic()
        try:
            answer = await self._client.get(self._settings.jwks)
            self._keys = KeySet.import_key_set(answer.raise_for_status().json())
        except (httpx.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
            # Keys that were read before stand; without any, no token can be judged.
            if not self._keys.keys:
                raise RequestRefused(
                    503,
                    f"the issuer's keys cannot be read ({type(error).__name__}), so no token can be checked",
                    {"Retry-After": "10"},
                ) from None


def _from_file(path: Path) -> KeySet:
    try:
        return KeySet.import_key_set(json.loads(path.read_bytes()))
    except OSError as error:
        raise WrongData(
            f"{path}, the keys of the issuer of tokens, cannot be read ({error.strerror})"
        ) from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise WrongData(f"{path} is no JSON Web Key Set (RFC 7517); write the issuer's public keys") from None


def _refused(error: Exception) -> RequestRefused:
    why = " ".join(str(error).split())[:120] or type(error).__name__
    return RequestRefused(401, f"the token is refused ({why})", {"WWW-Authenticate": "Bearer"})
