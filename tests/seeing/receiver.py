"""A receiver of OpenTelemetry's protocol, and a door before a service, both in a thread of the tests' process."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tests.e2e.processes import wait_for

KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}


@dataclass(frozen=True)
class Told:
    """One span as it arrived. Times in seconds since 1970."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    kind: str
    start: float
    end: float
    attributes: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    moments: tuple[tuple[str, dict[str, Any]], ...] = ()


def read(body: bytes) -> list[Told]:
    """The spans of a request, read by OpenTelemetry's own description of the messages."""
    request = ExportTraceServiceRequest.FromString(body)
    found = []
    for group in request.resource_spans:
        service = _values(group.resource.attributes)["service.name"]
        for span in (span for scope in group.scope_spans for span in scope.spans):
            ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
            times = (span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9)
            error = span.status.message if span.status.code == 2 else None
            moments = tuple((event.name, _values(event.attributes)) for event in span.events)
            values = _values(span.attributes)
            found.append(Told(service, *ids, span.name, KINDS[span.kind], *times, values, error, moments))
    return found


def _values(attributes: Any) -> dict[str, Any]:
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}


class Receiver:
    """Takes spans at `url`, and passes calls on at `door(service)`.

    The door drops `Prefer`, so that the service has to call back, and answers with `refusals` first, if there are any.
    """

    def __init__(self) -> None:
        self.spans: list[Told] = []
        self.bodies: list[bytes] = []
        self.refusals: deque[int] = deque()
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(20)

    def door(self, url: str) -> str:
        """Where calls of this service go in."""
        return f"{self.url}/door/{url.removeprefix('http://')}"

    def of(self, trace: str, enough: Callable[[list[Told]], bool], seconds: float = 60.0) -> list[Told]:
        """The spans of a trace, once there are enough."""

        def look() -> list[Told] | None:
            found: dict[str, list[Told]] = {}
            for span in self.spans:
                same = found.setdefault(span.id, []) if span.trace == trace else [span]
                if span not in same:  # what was sent again because the answer was late came twice
                    same.append(span)
            told = [span for same in found.values() for span in same]
            return told if enough(told) else None

        try:
            return wait_for(look, "spans", seconds)
        except AssertionError:
            shown = [(s.service, s.name, s.kind) for s in self.spans if s.trace == trace]
            raise AssertionError(f"not enough spans: {shown}") from None

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._stop())
        self._loop.close()

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession()
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        app.router.add_post("/door/{where}/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        body = await request.read()
        self.headers.append(dict(request.headers))
        self.bodies.append(body)
        self.spans += read(body)
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    async def _pass_on(self, request: web.Request) -> web.Response:
        if self.refusals:
            return web.Response(status=self.refusals.popleft(), text="come again")
        url = f"http://{request.match_info['where']}/{request.match_info['path']}?{request.query_string}"
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("prefer", "host")}
        async with self._session.post(url, data=await request.read(), headers=headers) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
