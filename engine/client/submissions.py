"""Creating tasks: what a route takes is asked for once, and again where it has changed."""

import secrets
import sys
from collections.abc import Mapping
from typing import Any

from engine.client.calls import Call
from engine.client.definitions import Body, body_of
from engine.client.errors import AimError
from engine.client.inputs import encode
from engine.client.shapes import Json
from engine.client.wire import Wire, service_path

# What the engine, or the encoding, says where a route takes something else than it did.
_STALE = frozenset({404, 415, 422})


def trace_headers() -> dict[str, str]:
    """The `traceparent` (W3C Trace Context) that says which span of the caller's this follows from, where the caller's
    program uses OpenTelemetry and is within one."""
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return {}
    span = api.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    return {"traceparent": f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags):02x}"}


class Submissions:
    """Creates tasks through one wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._bodies: dict[str, Body] = {}

    async def make(self, route: str, inputs: Mapping[str, Any], key: str | None, held: int) -> Json:
        """Create a task; the engine's answer, which may be held for so many seconds until the task has ended.

        One Idempotency-Key for all attempts makes it one task.
        """
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        headers |= trace_headers()
        if held:
            headers["Prefer"] = f"wait={held}"
        known = self._bodies.get(route)
        try:
            return await self._send(known or await self._ask(route), route, inputs, headers, held)
        except AimError as error:
            if known is None or error.status not in _STALE:
                raise
            body = await self._ask(route)
            if body == known:
                raise
            return await self._send(body, route, inputs, headers, held)

    async def _send(
        self, body: Body, route: str, inputs: Mapping[str, Any], headers: Mapping[str, str], held: int
    ) -> Json:
        call = Call("POST", service_path(route), headers=headers, payload=encode(body, inputs), wait=held)
        answer: Json = await self._wire.ask(call)
        return answer

    async def _ask(self, route: str) -> Body:
        self._bodies[route] = body_of(await self._wire.ask(Call("GET", service_path(route))))
        return self._bodies[route]
