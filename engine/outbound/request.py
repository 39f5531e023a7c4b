"""What an `http` node asks for: where the request goes, with which headers, and how far a redirect is followed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from urllib.parse import urljoin, urlsplit

from multidict import CIMultiDict
from yarl import URL

from engine.errors import EngineError
from engine.failures import Final
from engine.outbound.answer import ACCEPTED_CODINGS
from engine.pipeline.headers import header_faults

REPEATABLE = frozenset(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
"""Verbs for which a second request has the effect of one (RFC 9110, 9.2.2)."""

REDIRECTS = frozenset([301, 302, 303, 307, 308])

_FOLLOWED = frozenset(["GET", "HEAD"])
_WELL_QUOTED = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")  # RFC 3986, 3.3 and 3.4


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request to be made.

    `owner` will own the binaries of the answer. `timeout`: seconds from the connection to the end of the answer.
    `again`: repeat a POST or PATCH although it may have been processed. `key` is what the `Idempotency-Key` is derived
    from: whatever all attempts have in common; the id where it is missing.
    """

    owner: str
    id: str
    url: str
    verb: str
    headers: Mapping[str, str]
    timeout: float
    again: bool
    input: dict[str, Any]
    key: str | None = None


@dataclass(slots=True)
class Exchange:
    """How far a request has come. `sent`: a part of it may have reached the other side. `fault` is the store's."""

    call: HttpCall
    place: str
    sent: bool = False
    fault: EngineError | None = None
    body: bool = False
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)


def target_of(call: HttpCall) -> URL:
    """Where the request goes first. Raises Final."""
    faults = header_faults(call.headers)
    if faults:
        raise Final("; ".join(faults))
    try:
        return _usable(_url(call.url))
    except ValueError as error:
        raise Final(f"this is no URL: {error}") from error


def _url(text: str) -> URL:
    """The URL, quoted where that is needed, and else as it is written: a signed one holds in no other spelling."""
    url = URL(text)
    parts = urlsplit(text)
    if not url.raw_host or not _WELL_QUOTED.fullmatch(parts.path) or not _WELL_QUOTED.fullmatch(parts.query):
        return url
    path = parts.path or "/"
    return URL.build(scheme=url.scheme, authority=url.raw_authority, path=path, query_string=parts.query, encoded=True)


def _usable(url: URL) -> URL:
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise Final("a URL must begin with http:// or https:// and name a host")
    if url.raw_user is not None or url.raw_password is not None:
        raise Final("a URL must not hold a user name or a password")
    return url


def headers_of(call: HttpCall, given: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of a request: the engine's own, and those of the node (`given`), which win."""
    headers = CIMultiDict({"Accept": "*/*", "Accept-Encoding": ACCEPTED_CODINGS, "User-Agent": "engine"})
    if call.verb not in REPEATABLE:
        headers["Idempotency-Key"] = blake2b((call.key or call.id).encode(), digest_size=16).hexdigest()
    headers.update(given)
    return headers


def follow(exchange: Exchange, url: URL, location: str, status: int) -> URL:
    """Where a redirect leads. What was meant for one host, headers and body, does not go to another. Raises Final."""
    call = exchange.call
    try:
        target = _url(urljoin(str(url), location))
    except ValueError as error:
        raise Final(f"it was redirected to what is no URL: {error}") from error
    shown = str(target.with_query(None).with_fragment(None).with_user(None)) if target.host else "no host"
    if call.verb not in _FOLLOWED:
        raise Final(
            f"it answered {status} and points to {shown}; only GET and HEAD are followed: name that URL in the node"
        )
    exchange.place = f"{call.verb} {call.url} (redirected to {shown})"
    target = _usable(target)
    if not _same_host(url, target):
        exchange.headers = headers_of(call, {})
        exchange.body = False
    elif status == 303:
        exchange.body = False
    return target


def _same_host(one: URL, other: URL) -> bool:
    if one.raw_host != other.raw_host:
        return False
    same = (one.scheme, one.port) == (other.scheme, other.port)
    return same or (one.scheme, one.port, other.scheme, other.port) == ("http", 80, "https", 443)


def may_repeat(call: HttpCall) -> bool:
    """Whether the request may be made once more although it may have been processed."""
    return call.again or call.verb in REPEATABLE
