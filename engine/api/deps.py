"""What the endpoints share: the engine's parts, and how a body comes in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from engine.admission import Admission
from engine.audit import Actor, Audit
from engine.belongings import Belongings
from engine.binaries.base import BinaryStore
from engine.census import Census
from engine.clock import Clock
from engine.doors.guard import Guard
from engine.errors import Invalid, TimedOut, TooLarge, UnsupportedType
from engine.families import Families
from engine.guard import Guard as AddressGuard
from engine.health import Health
from engine.identity import EVERYBODY, Identity
from engine.instances import Instances
from engine.limits import Limits
from engine.members import Members
from engine.metrics import Metrics
from engine.news import Hub
from engine.owners import Owners
from engine.pictures.thumbnails import Thumbnails
from engine.pipeline.jsontext import parse
from engine.registry import Registry
from engine.rerun import Reruns
from engine.runner import Runner
from engine.settings import Settings
from engine.store.base import Store
from engine.sweeper import Sweeper
from engine.traces import OFF, Traces
from engine.turnstile import Turnstile
from engine.watch import Watch

MAX_JSON = 1_000_000
"""Bytes of a JSON body that a client sends."""

STALL_SECONDS = 30.0
"""How long a client may be silent in the middle of a body."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of one engine, as the composition root put them together."""

    settings: Settings
    store: Store
    binaries: BinaryStore
    registry: Registry
    instances: Instances
    members: Members
    runner: Runner
    reruns: Reruns
    sweeper: Sweeper
    hub: Hub
    metrics: Metrics
    clock: Clock
    watch: Watch
    turnstile: Turnstile
    admission: Admission
    health: Health
    census: Census
    belongings: Belongings
    thumbnails: Thumbnails
    guard: Guard
    limits: Limits
    owners: Owners
    audit: Audit
    loop: asyncio.AbstractEventLoop
    service_guard: AddressGuard | None = None
    """Where services may be; None: anywhere."""
    traces: Traces = OFF

    @property
    def families(self) -> Families:
        """The children of tasks."""
        return self.runner.families


def engine_of(request: Request) -> Engine:
    """The engine that the request came to."""
    engine: Engine = request.app.state.engine
    return engine


def identity_of(request: Request) -> Identity:
    """Who asks. The doors have put it into the scope before a byte of the body was read."""
    identity: Identity = request.scope.get("identity", EVERYBODY)
    return identity


def actor_of(request: Request) -> Actor:
    """Who asks, as the audit log names them."""
    address = request.client.host if request.client is not None else ""
    return Actor(identity_of(request), address, engine_of(request).audit)


class Json(Response):
    """An answer in JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return orjson.dumps(content)


async def body_chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises TimedOut where it stalls, Invalid where it is cut off."""
    try:
        async with engine_of(request).watch.limit(STALL_SECONDS) as watched:
            async for chunk in request.stream():
                watched.touch()
                if chunk:
                    yield chunk
                    watched.touch()
    except TimeoutError as error:
        raise TimedOut(f"nothing came for {STALL_SECONDS:.0f} s in the middle of the body") from error
    except ClientDisconnect as error:
        raise Invalid("the body was cut off") from error


async def read_body(request: Request, limit: int = MAX_JSON) -> bytes:
    """The whole body. Raises TooLarge above so many bytes."""
    body = b""
    async for chunk in body_chunks(request):
        body = body + chunk if body else chunk
        if len(body) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
    return body


async def read_json(request: Request) -> Any:
    """The body as strict JSON. Raises UnsupportedType, TooLarge, Invalid."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedType(f"send JSON, with `Content-Type: application/json`, not `{kind or 'no type'}`")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedType("the body must not be compressed")
    return parse(await read_body(request), max_bytes=MAX_JSON)


def moment(time: int | None) -> str | None:
    """A time of the engine (microseconds since 1970 UTC) as RFC 3339 text."""
    if time is None:
        return None
    return datetime.fromtimestamp(time / 1_000_000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
