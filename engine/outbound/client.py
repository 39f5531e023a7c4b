"""Makes the request of an `http` node: one ordinary exchange with any host, and what came of it.

The other side is not trusted: only permitted addresses are reached (`guard.py`), all of the exchange ends
with its timeout, and what it sends is bounded (`answer.py`). No proxies of the environment, no cookies.
"""

from collections.abc import AsyncIterator, Sequence
from time import perf_counter
from types import SimpleNamespace

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from engine.binaries.base import BinaryStore
from engine.binaries.receive import Limits
from engine.clock import Clock
from engine.errors import EngineError, NotFound, StoreAway, StoreFull
from engine.failures import Final, reason
from engine.guard import AddressRefused, Lookup, SystemLookup, guard_of_nodes
from engine.metrics import Metrics
from engine.networks import Network
from engine.outbound.answer import read_out, start_of
from engine.outbound.request import REDIRECTS, REPEATABLE, Exchange, HttpCall, follow, headers_of, may_repeat, target_of
from engine.outbound.turns import Turns, Waiting
from engine.results import MAX_JSON
from engine.task.events import CallFailed, CallReturned, Event
from engine.watch import Watch
from engine.wire import AGAIN, FULL, QUOTED_BYTES, Unsendable, body_of, retry_after

CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 4.0
MAX_AT_ONCE = 512
MAX_AT_ONCE_PER_HOST = 64
"""Requests under way. Further ones wait in order, and their timeout does not run."""

MAX_REDIRECTS = 5
LIMITS = Limits(json=MAX_JSON)

_UNPROCESSED = frozenset([FULL, 503])


class Outbound:
    """See the module. `lookup` is how names are looked up, the system's way where it is missing."""

    def __init__(
        self,
        store: BinaryStore,
        clock: Clock,
        metrics: Metrics,
        watch: Watch,
        allowed_networks: Sequence[Network],
        lookup: Lookup | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._watch = watch
        self._limits = limits
        self.lookup = SystemLookup()
        self._guard = guard_of_nodes(allowed_networks, lookup or self.lookup)
        self._turns = Turns(MAX_AT_ONCE, MAX_AT_ONCE_PER_HOST)
        self._open: set[str] = set()
        self._kept: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the sessions."""
        self._kept = self._session(keep=True)
        self._fresh = self._session(keep=False)

    async def close(self) -> None:
        """Close the sessions; requests under way end."""
        for session in (self._kept, self._fresh):
            if session is not None:
                await session.close()
        self.lookup.close()

    async def request(self, call: HttpCall, waiting: Waiting | None = None) -> Event | None:
        """Make one request; return CallReturned or CallFailed.

        None where a request of this id is under way already, or where it had to wait and is not wanted any more
        (`waiting`). Raises StoreAway and StoreFull, after which it is to be repeated under the same id.
        """
        if call.id in self._open:
            return None
        self._open.add(call.id)
        try:
            return await self._when_its_turn_comes(call, waiting)
        finally:
            self._open.discard(call.id)

    async def _when_its_turn_comes(self, call: HttpCall, waiting: Waiting | None) -> Event | None:
        try:
            url = target_of(call)
        except Final as error:
            return _failed(call, f"{call.verb} {call.url} failed: {error}")
        host = url.raw_host or ""
        if waiting is None or self._turns.free(host):
            async with self._turns.turn(host):
                return await self._made(call, url)
        await waiting.held()
        async with self._turns.turn(host):
            return await self._made(call, url) if await waiting.came() else None

    def _session(self, keep: bool) -> aiohttp.ClientSession:
        """For what may be repeated, connections are kept. A kept one may close just as it is used, and then nobody
        knows whether the request was processed: so all others get a new one each."""
        connector = aiohttp.TCPConnector(
            resolver=self._guard,
            socket_factory=self._guard.socket,
            use_dns_cache=False,
            limit=0,
            **({"keepalive_timeout": KEEP_ALIVE_SECONDS} if keep else {"force_close": True}),
        )
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_sent)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=["Content-Type"],
            trust_env=False,
            trace_configs=[trace],
        )

    async def _made(self, call: HttpCall, url: URL) -> Event:
        begun = perf_counter()
        event = await self._tried(call, url)
        self._metrics.called(event, perf_counter() - begun)
        return event

    async def _tried(self, call: HttpCall, url: URL) -> Event:
        exchange = Exchange(call, f"{call.verb} {call.url}")
        try:
            async with self._watch.limit(call.timeout):
                return await self._exchanged(exchange, url)
        except (StoreAway, StoreFull):
            raise
        except EngineError as error:
            return _failed(call, f"{exchange.place} gave an answer that cannot be taken: {error}")
        except (Final, Unsendable, AddressRefused, aiohttp.InvalidURL) as error:
            return _failed(call, f"{exchange.place} failed: {error}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return self._broken(exchange, error)
        except ValueError as error:
            return _failed(call, f"{exchange.place} failed: {error}")

    def _broken(self, exchange: Exchange, error: Exception) -> Event:
        """What a broken exchange means, by whose fault it was and how far it had come."""
        if isinstance(exchange.fault, NotFound):
            return _failed(exchange.call, f"{exchange.place} was not sent: a binary of the input is gone")
        if exchange.fault is not None:
            raise exchange.fault
        why, lasting = reason(error, exchange.call.timeout)
        if lasting:
            return _failed(exchange.call, f"{exchange.place} failed: {why}")
        again = may_repeat(exchange.call) or not exchange.sent
        return _failed(exchange.call, f"{exchange.place} failed: {why}{_not_again(again)}", again)

    async def _exchanged(self, exchange: Exchange, url: URL) -> Event:
        call = exchange.call
        exchange.body = bool(call.input)
        exchange.headers = headers_of(call, call.headers)
        session = self._kept if call.verb in REPEATABLE else self._fresh
        assert session is not None
        for _ in range(MAX_REDIRECTS + 1):
            self._guard.check(url.raw_host or "")
            headers = exchange.headers.copy()
            async with session.request(
                call.verb,
                url,
                data=self._body(exchange, headers),
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=exchange,
            ) as answer:
                location = answer.headers.get("Location")
                if location is None or answer.status not in REDIRECTS:
                    return await self._judged(exchange, answer)
                url = follow(exchange, url, location, answer.status)
        raise Final(f"it was redirected more than {MAX_REDIRECTS} times")

    def _body(self, exchange: Exchange, headers: CIMultiDict[str]) -> bytes | AsyncIterator[bytes] | None:
        if not exchange.body:
            return None
        wanted = headers.get("Content-Type")
        body = body_of(self._store, exchange.call.input, headers)
        if wanted is not None and headers["Content-Type"] == "application/json":
            headers["Content-Type"] = wanted  # a kind of JSON, say application/merge-patch+json
        return body if isinstance(body, bytes) else _watched(body, exchange)

    async def _judged(self, exchange: Exchange, answer: aiohttp.ClientResponse) -> Event:
        call = exchange.call
        if 200 <= answer.status < 300:
            return CallReturned(call.id, await read_out(self._store, call.owner, answer, self._limits), call.url)
        passing = answer.status in AGAIN or answer.status >= 500
        again = passing and (may_repeat(call) or answer.status in _UNPROCESSED)
        start = await start_of(answer, QUOTED_BYTES)
        message = f"{exchange.place} answered {answer.status}{': ' if start else ''}{start}"
        after = retry_after(answer.headers.get("Retry-After"), self._clock) if again else None
        return CallFailed(
            call.id, f"{message}{_not_again(again or not passing)}", again, after, call.url, answer.status == FULL
        )


async def _note_sent(
    _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True


async def _watched(body: AsyncIterator[bytes], exchange: Exchange) -> AsyncIterator[bytes]:
    """The body; an error of the store is noted, which the client would take for one of the connection."""
    try:
        async for chunk in body:
            yield chunk
    except EngineError as error:
        exchange.fault = error
        raise


def _failed(call: HttpCall, message: str, again: bool = False) -> CallFailed:
    return CallFailed(call.id, message, again, None, call.url)


def _not_again(settled: bool) -> str:
    return (
        "" if settled else "; it may have been processed, so it is not repeated (give the node `retry` to have it so)"
    )
