"""Makes the call of a service: streams it out, and judges the answer (result, accepted, try again, fail).

One HTTP session for the life of the process. A call's id is the capability that its callback shows; it is never logged.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from aiservice.protocol import CALLBACK_URL, PREFER, PREFERENCE_APPLIED, TASK_ID, wait_applied
from aiservice.protocol.trace_context import TRACEPARENT
from engine.binaries.base import BinaryStore
from engine.clock import Clock
from engine.errors import EngineError, NotFound, StoreAway, StoreFull
from engine.failures import reason
from engine.guard import AddressRefused, Guard
from engine.instances import Instance, Instances, Target
from engine.metrics import Metrics
from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.results import read_result
from engine.task.events import CallAccepted, CallFailed, CallReturned, Event, ServiceAway
from engine.task.inputs import binaries, unused
from engine.task.kinds.calls import name_of
from engine.task.task import Task
from engine.traces import OFF, Traces
from engine.turnstile import Refused, Turnstile
from engine.watch import Watch
from engine.wire import AGAIN, FULL, QUOTED_BYTES, Unsendable, body_of, retry_after

WAIT_SECONDS = 10
"""How long a service may hold a call to answer it with the result itself."""

CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 4.0
"""Below the five seconds after which common servers close an idle connection, so that no call meets a closed one."""

KEPT_PLACES = 10_000
"""Addresses that are kept in parts, so that a call does not parse its own again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to be made: where, and with what. `owner` will own the binaries that it brings, `trace` is the
    `traceparent` that it carries."""

    owner: str
    id: str
    node: ServiceNode
    input: dict[str, Any]
    trace: str | None = None


class Dispatcher:
    """See the module. `engine_url` is where services reach this engine. Calls that have passed the `turnstile` are
    bounded by it, so connections are not bounded here. With a `guard` calls go only where it lets them."""

    def __init__(
        self,
        instances: Instances,
        turnstile: Turnstile,
        store: BinaryStore,
        clock: Clock,
        metrics: Metrics,
        watch: Watch,
        engine_url: str,
        guard: Guard | None = None,
        traces: Traces = OFF,
    ) -> None:
        self.traces = traces
        self._instances = instances
        self.turnstile = turnstile
        self._breakers = turnstile.breakers
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._watch = watch
        self._callback = quote(f"{engine_url.rstrip('/')}/processing", safe="")
        self._places: dict[str, tuple[str, str, str, str]] = {}
        self._guard = guard
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session."""
        connector = aiohttp.TCPConnector(
            resolver=self._guard,
            socket_factory=None if self._guard is None else self._guard.socket,
            limit=0,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Close the session; calls under way end."""
        if self._session is not None:
            await self._session.close()

    async def make(self, call: Call, target: Target) -> Event:
        """Make one call; return what came of it. Raises StoreAway and StoreFull, after which it is to be repeated."""
        assert target.url is not None
        if target.instance is None:
            return self._counted(await self._send(call, target.url, None))
        self._instances.begun(target.instance)
        try:
            return self._counted(await self._send(call, target.url, target.instance))
        finally:
            target.instance.calls -= 1

    def begins(self, node: ServiceNode | HttpNode, tried: int) -> None:
        """Note that a call is about to be made, for the how many-th time."""
        if tried > 1:
            self._metrics.retried(name_of(node))

    def away(self, call_id: str, service: str) -> Event:
        """Say that a call cannot be made: no instance of the operation is alive."""
        return self._counted(ServiceAway(call_id, service))

    def _counted(self, event: Event) -> Event:
        sent = self.turnstile.gates.seconds(event.call) if isinstance(event, CallReturned) else None
        self._metrics.called(event, sent)
        return event

    async def discard(self, event: Event, task: Task) -> None:
        """Remove the binaries of a result that the task did not take."""
        if isinstance(event, CallReturned):
            await self._store.remove(unused(task, [ref.id for _, ref in binaries(event.out)]))

    def refused(self, call_id: str, error: Refused) -> Event:
        """Say that a call was not sent, because all that were sent there failed: the next attempt is made when one is
        let through again, or this time would use up all of them."""
        self._metrics.given_up(error.url, "refused")
        return CallFailed(call_id, str(error), again=True, after=error.after, url=error.url)

    async def _send(self, call: Call, url: str, instance: Instance | None) -> Event:
        assert self._session is not None
        headers = {PREFER: f"wait={WAIT_SECONDS}"}
        if call.trace is not None:
            headers[TRACEPARENT] = call.trace
        faults: list[EngineError] = []
        try:
            body = body_of(self._store, call.input, headers)
            async with self._watch.limit(call.node.timeout):
                async with self._session.post(
                    self._address(url, call.id),
                    data=body if isinstance(body, bytes) else _noting(body, faults),
                    headers=headers,
                    allow_redirects=False,
                ) as answer:
                    return await self._judge(call, url, answer)
        except Unsendable as error:
            return CallFailed(call.id, str(error), again=False, url=url)
        except AddressRefused as error:
            return CallFailed(call.id, f"POST {url} was not sent: {error}", again=False, url=url)
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            return self._broken(call, url, instance, faults, error)
        except ValueError as error:
            return CallFailed(call.id, f"POST {url} failed: {error}", again=False, url=url)

    def _broken(
        self, call: Call, url: str, instance: Instance | None, faults: list[EngineError], error: Exception
    ) -> Event:
        """What a broken exchange means. Raises what the store of binaries did, where it was its fault."""
        if faults and isinstance(faults[0], NotFound):
            return CallFailed(call.id, f"POST {url} was not sent: a binary of the input is gone", False, url=url)
        if faults:
            raise faults[0]
        if instance is not None:
            self._instances.failed(instance)
        message = f"POST {url} failed: {reason(error, call.node.timeout)[0]}"
        self._breakers.failed(url, call.id, message)
        return CallFailed(call.id, message, again=True, url=url)

    def _address(self, url: str, call_id: str) -> URL:
        place = self._places.get(url)
        if place is None:
            parsed = URL(url)
            own = f"{parsed.raw_query_string}&" if parsed.raw_query_string else ""
            query = f"{own}{CALLBACK_URL}={self._callback}&{TASK_ID}="
            if len(self._places) >= KEPT_PLACES:
                self._places.clear()
            place = self._places[url] = (parsed.scheme, parsed.raw_authority, parsed.raw_path, query)
        scheme, authority, path, query = place
        return URL.build(scheme=scheme, authority=authority, path=path, query_string=f"{query}{call_id}", encoded=True)

    async def _judge(self, call: Call, url: str, answer: aiohttp.ClientResponse) -> Event:
        if 200 <= answer.status < 300:
            if wait_applied(answer.headers.get(PREFERENCE_APPLIED)):
                event = await self._result(call, url, answer)
            else:
                event = CallAccepted(call.id, url, self._clock.now())
            self._breakers.alive(url, call.id)
            return event
        start = (await answer.content.read(QUOTED_BYTES)).decode("utf-8", "replace").strip()
        message = f"POST {url} answered {answer.status}{': ' if start else ''}{start}"
        again = answer.status in AGAIN or answer.status >= 500
        after = retry_after(answer.headers.get("Retry-After"), self._clock) if again else None
        if answer.status < 500 or (answer.status == 503 and after is not None):
            self._breakers.alive(url, call.id)
        else:
            self._breakers.failed(url, call.id, message)
        return CallFailed(call.id, message, again, after, url, answer.status == FULL)

    async def _result(self, call: Call, url: str, answer: aiohttp.ClientResponse) -> Event:
        kind = answer.headers.get("Content-Type")
        try:
            result = await read_result(self._store, call.owner, kind, answer.content.iter_any())
        except (StoreAway, StoreFull):
            raise
        except EngineError as error:
            return CallFailed(call.id, f"POST {url} gave a result that cannot be read: {error}", again=False, url=url)
        if result.failure is not None:
            again = result.failure.retry_after is not None
            return CallFailed(call.id, result.failure.message, again, result.failure.retry_after, url)
        return CallReturned(call.id, result.out, url)


async def _noting(body: AsyncIterator[bytes], faults: list[EngineError]) -> AsyncIterator[bytes]:
    """The body; an error of the store is noted, which the client would take for one of the connection."""
    try:
        async for chunk in body:
            yield chunk
    except EngineError as error:
        faults.append(error)
        raise
