"""Lets a request in or not, before a byte of its body is read."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.clock import Clock
from engine.doors.bootstrap import AdminKey
from engine.doors.keyring import Keyring
from engine.doors.keys import Shown, is_token, read_key, read_pass
from engine.doors.session import read_cookie
from engine.doors.table import need_of, scopes_for
from engine.errors import EngineError, Forbidden, Unauthorized
from engine.identity import Identity, Scope
from engine.settings import Settings
from engine.store.base import Store

if TYPE_CHECKING:  # what reads tokens takes long to load, and is loaded only where an issuer is named
    from engine.doors.tokens import Tokens

NOBODY = Identity("", "", frozenset())
"""Whoever asks for what needs no key, of an engine that asks for keys."""

WATCH_SECONDS = 1.0
"""Seconds between two looks at whether who reads a stream may still do so."""

_READING = ("GET", "HEAD")
_SEND = "send a key, as `Authorization: Bearer aim_...`"


class Guard:
    """Knows who asks. Where the engine asks for no keys it is not `closed`, and is not asked."""

    def __init__(self, closed: bool, admin: AdminKey, keyring: Keyring, tokens: "Tokens | None") -> None:
        self.closed = closed
        self.keyring = keyring
        self._admin = admin
        self._tokens = tokens

    async def admit(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Identity:
        """Who sends the request. Raises Unauthorized, Forbidden, and StoreAway where a key cannot be looked for."""
        need = need_of(method, path)
        if need == "open" or need == "capability":
            return NOBODY
        identity = await self._identify(method, headers)
        scopes = scopes_for(need)
        if scopes and not any(identity.may(scope) for scope in scopes):
            raise _missing(identity, scopes)
        return identity

    async def _identify(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> Identity:
        authorization, cookie = _sent(headers)
        if authorization is not None:
            kind, _, text = authorization.partition(" ")
            if kind.lower() != "bearer" or not text.strip():
                raise Unauthorized(f"this is no way in: {_SEND}", sent=True)
            identity = await self._bearer(text.strip())
        elif cookie is not None:
            if method not in _READING:
                raise Unauthorized(f"the cookie of a session is for reading only: {_SEND}")
            identity = await self._session(cookie)
        else:
            raise Unauthorized(f"this engine asks for a key: {_SEND}")
        if identity is None:
            raise Unauthorized("this key is not known here", sent=True)
        return identity

    async def _bearer(self, text: str) -> Identity | None:
        shown = read_key(text)
        if shown is None or self.keyring.row(shown.id) is None:  # the first key may look like any other
            first = self._admin.shown_by(text)
            identity = None if first is None else self._admin.identify(first)
            if identity is not None:
                return identity
        if shown is not None:
            return await self.keyring.identify(shown)
        return await self._token(text)

    async def _session(self, cookie: str) -> Identity | None:
        shown = read_pass(cookie)
        if shown is None:
            return await self._token(cookie)
        return self._admin.identify(shown) or await self.keyring.identify(shown)

    async def _token(self, text: str) -> Identity | None:
        if self._tokens is None or not is_token(text):
            return None
        return await self._tokens.identify(text)

    async def close(self) -> None:
        """End what is under way."""
        await self.keyring.close()
        if self._tokens is not None:
            await self._tokens.close()

    @contextmanager
    def watching(self, request: Mapping[str, Any], end: Callable[[], None]) -> Iterator[None]:
        """Call `end` where the sender of a request (its ASGI scope) would not be let in with it any more."""
        watch = asyncio.create_task(self._watch(request, end)) if self.closed else None
        try:
            yield
        finally:
            if watch is not None:
                watch.cancel()

    async def _watch(self, request: Mapping[str, Any], end: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.admit(request["method"], request["path"], request["headers"])
            except (Unauthorized, Forbidden):
                end()
                return
            except EngineError:
                continue  # what cannot be looked up holds

    def session_of(self, headers: Iterable[tuple[bytes, bytes]], identity: Identity) -> str:
        """What the cookie holds of who has sent these headers, and was let in by them."""
        text = (_sent(headers)[0] or "").partition(" ")[2].strip()
        shown: Shown | None = read_key(text)
        if shown is None or shown.id != identity.key:
            shown = self._admin.shown_by(text)
        if is_token(text) or shown is None:
            return text
        return f"{shown.id}.{shown.passed}"


def make_guard(settings: Settings, store: Store, clock: Clock) -> Guard:
    """The guard that the settings ask for."""
    given = settings.app_admin_key
    admin = AdminKey(None if given is None else given.get_secret_value(), settings.app_admin_key_file)
    tokens = None
    if settings.app_oidc_issuer is not None and settings.app_oidc_audience is not None:
        from engine.doors.issuer import Issuer
        from engine.doors.tokens import Tokens

        issuer = Issuer(settings.app_oidc_issuer)
        tokens = Tokens(issuer, settings.app_oidc_audience, settings.app_oidc_scopes, settings.app_oidc_owner)
    return Guard(settings.keys, admin, Keyring(store, clock), tokens)


def require(identity: Identity, scope: Scope) -> None:
    """Raise Forbidden where the bearer lacks the scope."""
    if not identity.may(scope):
        raise _missing(identity, (scope,))


def _missing(identity: Identity, scopes: tuple[Scope, ...]) -> Forbidden:
    wanted = " or ".join(f"`{scope}`" for scope in scopes)
    return Forbidden(f"this needs a key with the scope {wanted}, which {identity.key} has not", " ".join(scopes))


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str | None, str | None]:
    """The `Authorization` header, and the cookie of a session."""
    authorization = cookie = None
    for name, value in headers:
        if name == b"authorization":
            authorization = value.decode("latin-1") if authorization is None else ""  # of two, none can be meant
        elif name == b"cookie" and cookie is None:
            cookie = read_cookie(value.decode("latin-1"))
    return authorization, cookie
