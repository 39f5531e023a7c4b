"""Makes the call of a service: streams it out, and judges the answer (result, accepted, try again, fail).

One HTTP session for the life of the process. A call's id is the capability that its callback shows; it is never logged.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from aiservice.protocol import (
    CALLBACK_URL,
    DATA_PART,
    PREFER,
    PREFERENCE_APPLIED,
    TASK_ID,
    FilePart,
    content_type,
    encode,
    new_boundary,
    wait_applied,
)
from engine.binaries.base import BinaryStore
from engine.clock import Clock
from engine.errors import EngineError, StoreAway, StoreFull
from engine.instances import Instance, Instances, Target
from engine.metrics import Metrics
from engine.pipeline.nodes import Pipeline, ServiceNode
from engine.results import read_result
from engine.task.events import CallAccepted, CallFailed, CallReturned, Event, MakeCall, ServiceAway
from engine.task.inputs import binaries, prepare_input, unused
from engine.task.task import BinaryRef, Task
from engine.watch import Watch

WAIT_SECONDS = 10
"""How long a service may hold a call to answer it with the result itself."""

CONNECT_SECONDS = 10.0
MAX_CONNECTIONS = 512
KEEP_ALIVE_SECONDS = 4.0
"""Below the five seconds after which common servers close an idle connection, so that no call meets a closed one."""

FULL = 429
AGAIN = frozenset([408, 425, FULL])
KEPT_PLACES = 10_000
"""Addresses that are kept in parts, so that a call does not parse its own again."""

_QUOTED_BYTES = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to be made: where, and with what."""

    task: str
    id: str
    node: ServiceNode
    input: dict[str, Any]


class Dispatcher:
    """See the module. `engine_url` is where services reach this engine."""

    def __init__(
        self, instances: Instances, store: BinaryStore, clock: Clock, metrics: Metrics, watch: Watch, engine_url: str
    ) -> None:
        self._instances = instances
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._watch = watch
        self._callback = quote(f"{engine_url.rstrip('/')}/processing", safe="")
        self._places: dict[str, tuple[str, str, str, str]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session."""
        connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Close the session; calls under way end."""
        if self._session is not None:
            await self._session.close()

    async def make(self, pipeline: Pipeline, task: Task, command: MakeCall, target: Target) -> Event:
        """Make one call; return what came of it. Raises StoreAway and StoreFull, after which it is to be repeated."""
        node = pipeline.nodes[command.node]
        assert isinstance(node, ServiceNode) and target.url is not None
        call = Call(task.id, command.call, node, prepare_input(pipeline, task.nodes, command.node))
        if target.instance is None:
            return self._counted(await self._send(call, target.url, None))
        target.instance.calls += 1
        try:
            return self._counted(await self._send(call, target.url, target.instance))
        finally:
            target.instance.calls -= 1

    def away(self, call_id: str, service: str) -> Event:
        """Say that a call cannot be made: no instance of the operation is alive."""
        return self._counted(ServiceAway(call_id, service))

    def _counted(self, event: Event) -> Event:
        self._metrics.called(event)
        return event

    async def discard(self, event: Event, task: Task) -> None:
        """Remove the binaries of a result that the task did not take."""
        if isinstance(event, CallReturned):
            await self._store.remove(unused(task, [ref.id for _, ref in binaries(event.out)]))

    async def _send(self, call: Call, url: str, instance: Instance | None) -> Event:
        assert self._session is not None
        headers = {PREFER: f"wait={WAIT_SECONDS}"}
        try:
            body = self._body(call.input, headers)
            async with self._watch.limit(call.node.timeout):
                async with self._session.post(
                    self._address(url, call.id), data=body, headers=headers, allow_redirects=False
                ) as answer:
                    return await self._judge(call, url, answer)
        except _Unsendable as error:
            return CallFailed(call.id, str(error), again=False, url=url)
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            if instance is not None:
                self._instances.failed(instance)
            return CallFailed(call.id, f"POST {url} failed: {_reason(error)}", again=True, url=url)
        except ValueError as error:
            return CallFailed(call.id, f"POST {url} failed: {error}", again=False, url=url)

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

    def _body(self, taken: dict[str, Any], headers: dict[str, str]) -> bytes | AsyncIterator[bytes]:
        files = list(binaries(taken))
        if not files:
            headers["Content-Type"] = "application/json"
            return orjson.dumps(taken)
        if any(name == DATA_PART for name, _ in files):
            raise _Unsendable(f"a binary cannot be named `{DATA_PART}` in a service's input; give it another name")
        values = orjson.dumps(_without_binaries(taken))
        parts = [FilePart(name, ref.name, ref.type, ref.size, self._chunks(ref)) for name, ref in files]
        parts.append(FilePart.of_bytes(DATA_PART, "data.json", "application/json", values))
        boundary = new_boundary()
        size, body = encode(parts, boundary)
        headers["Content-Type"] = content_type(boundary)
        headers["Content-Length"] = str(size)
        return body()

    def _chunks(self, ref: BinaryRef) -> Callable[[], AsyncIterator[bytes]]:
        return lambda: self._store.read(ref.id)

    async def _judge(self, call: Call, url: str, answer: aiohttp.ClientResponse) -> Event:
        if 200 <= answer.status < 300:
            if not wait_applied(answer.headers.get(PREFERENCE_APPLIED)):
                return CallAccepted(call.id, url, self._clock.now())
            return await self._result(call, url, answer)
        start = (await answer.content.read(_QUOTED_BYTES)).decode("utf-8", "replace").strip()
        message = f"POST {url} answered {answer.status}{': ' if start else ''}{start}"
        again = answer.status in AGAIN or answer.status >= 500
        after = _retry_after(answer.headers.get("Retry-After"), self._clock) if again else None
        return CallFailed(call.id, message, again, after, url, answer.status == FULL)

    async def _result(self, call: Call, url: str, answer: aiohttp.ClientResponse) -> Event:
        kind = answer.headers.get("Content-Type")
        try:
            result = await read_result(self._store, call.task, kind, answer.content.iter_any())
        except (StoreAway, StoreFull):
            raise
        except EngineError as error:
            return CallFailed(call.id, f"POST {url} gave a result that cannot be read: {error}", again=False, url=url)
        if result.failure is not None:
            again = result.failure.retry_after is not None
            return CallFailed(call.id, result.failure.message, again, result.failure.retry_after, url)
        return CallReturned(call.id, result.out, url)


class _Unsendable(Exception):
    """The input of a node cannot be sent."""


def _without_binaries(value: Any) -> Any:
    """The value with its binaries left out, at any depth; in a list null takes their place, so that indexes hold."""
    if isinstance(value, dict):
        return {key: _without_binaries(item) for key, item in value.items() if not isinstance(item, BinaryRef)}
    if isinstance(value, list):
        return [None if isinstance(item, BinaryRef) else _without_binaries(item) for item in value]
    return value


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return str(error) or type(error).__name__


def _retry_after(header: str | None, clock: Clock) -> float | None:
    """Seconds that a `Retry-After` header asks for, as a number or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(header).timestamp() - clock.now() / 1_000_000, 0.0)
    except ValueError:
        return None
