"""The keys with which an OpenID Connect issuer signs its tokens: found by discovery, kept, and fetched again."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from jwt import PyJWK, PyJWTError

from engine.errors import StoreAway

FETCH_SECONDS = 5.0
KEPT_SECONDS = 600.0
"""Seconds after which the keys are fetched again, so that one that the issuer has withdrawn is not taken for ever."""

UNKNOWN_SECONDS = 10.0
"""Seconds between two fetches for a key that is not known, and after one that failed."""

_MAX_BYTES = 1_000_000
_MIN_RSA_BITS = 2_048
_log = logging.getLogger(__name__)


class IssuerAway(StoreAway):
    """The issuer cannot be reached, and what it would have said is needed."""


class Issuer:
    """Fetches and keeps the keys of one issuer. `seconds` gives seconds that never jump."""

    def __init__(self, url: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._seconds = seconds
        self._keys: dict[str | None, PyJWK] = {}
        self._as_of = float("-inf")
        self._began = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str | None) -> PyJWK | None:
        """The key of this id; without one, the only one. Raises IssuerAway where none was ever fetched."""
        now = self._seconds()
        if now - self._as_of >= KEPT_SECONDS and now - self._began >= UNKNOWN_SECONDS:
            fetching = self._begin()
            if not self._keys:
                await asyncio.wait([fetching])
        found = self._find(kid)
        if found is None and (self._fetching is not None or self._seconds() - self._began >= UNKNOWN_SECONDS):
            await asyncio.wait([self._begin()])
            found = self._find(kid)
        if not self._keys:
            raise IssuerAway("the issuer of tokens cannot be reached; try again")
        return found

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _find(self, kid: str | None) -> PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _begin(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._began = self._seconds()
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                found = await _json(session, f"{self.url.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.url:
                    raise ValueError("its discovery document names another issuer")
                keys = _usable(await _json(session, _jwks(found, self.url)))
            if not keys:
                raise ValueError("it has no key for RS256 or ES256")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("the keys of the issuer %s cannot be had: %s", self.url, reason[:200])
        else:
            self._keys, self._as_of = keys, self._seconds()
        finally:
            self._fetching = None


async def _json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError, and what the session raises."""
    async with session.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(f"{url} answered {answer.status}")
        content = b""
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > _MAX_BYTES:
                raise ValueError(f"{url} answered more than {_MAX_BYTES} bytes")
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError(f"{url} did not answer an object")
    return document


def _jwks(discovered: dict[str, Any], issuer: str) -> str:
    """Where the keys are. Who asks for them by https does not take them by http."""
    url = discovered.get("jwks_uri")
    if not isinstance(url, str) or not url.startswith(("https://", issuer.partition("://")[0] + "://")):
        raise ValueError("its discovery document does not say where its keys are")
    return url


def _usable(document: dict[str, Any]) -> dict[str | None, PyJWK]:
    keys: dict[str | None, PyJWK] = {}
    listed = document.get("keys")
    for each in listed if isinstance(listed, list) else []:
        found = _usable_key(each) if isinstance(each, dict) else None
        if found is not None:
            keys[found.key_id] = found
    return keys


def _usable_key(described: dict[str, Any]) -> PyJWK | None:
    """The key, for the one algorithm that its kind is for: what the head of a token says does not choose it."""
    kind = described.get("kty"), described.get("crv")
    algorithm = "RS256" if kind[0] == "RSA" else "ES256" if kind == ("EC", "P-256") else None
    if algorithm is None or described.get("use", "sig") != "sig" or described.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(described, algorithm)
    except PyJWTError:
        return None
    if algorithm == "RS256" and key.key.key_size < _MIN_RSA_BITS:
        return None
    return key
