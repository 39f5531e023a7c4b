"""The connection to one engine: requests are made again where that is safe, event streams are taken up again."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx

from engine.client.calls import TRY_AGAIN, Call, Policy, problem, retry_after
from engine.client.errors import AimError, Unreachable
from engine.client.shapes import Event
from engine.client.sse import Parser, event_of

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
# The engine sends a comment every 15 s into a stream that has nothing to tell.
SILENT_SECONDS = 40.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def service_path(route: str) -> str:
    """Where a route is."""
    return f"/services/{quote(route, safe='')}"


def task_path(task: object) -> str:
    """Where a task is; `task` is its id, or anything that is the id as text."""
    return f"/tasks/{quote(str(task), safe='')}"


def _checked(engine: str) -> str:
    try:
        url = httpx.URL(engine)
    except httpx.InvalidURL as error:
        raise AimError(0, "Wrong address", f"{engine!r} is no address of an engine: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise AimError(0, "Wrong address", f"{engine!r} is no address of an engine; it begins with http:// or https://")
    return engine.rstrip("/")


class Wire:
    """An HTTP client for one engine. Belongs to the event loop that first uses it."""

    def __init__(self, engine: str, policy: Policy, headers: Mapping[str, str] | None) -> None:
        self.engine = _checked(engine)
        self._policy = policy
        self._met = False
        self._http = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def ask(self, call: Call) -> Any:
        """Make a call; the JSON of its answer. Raises AimError, Unreachable."""
        answer = await self.send(call)
        try:
            return json.loads(answer.content)
        except ValueError:
            kind = answer.headers.get("content-type", "no type")
            raise AimError(
                answer.status_code, "No engine", f"{self.engine}{call.path} answered {kind}, not JSON: is it an engine?"
            ) from None

    async def send(self, call: Call) -> httpx.Response:
        """Make a call, again where that is safe. Raises AimError for an answer that says no, Unreachable for none."""
        attempt = 0
        while True:
            try:
                answer = await self._once(call)
            except httpx.TransportError as error:
                again = call.repeatable or isinstance(error, _NOT_SENT)
                if not again or attempt >= self._retries():
                    raise self._unreachable(error) from error
                pause = self._policy.pause(attempt)
            else:
                self._met = True
                if answer.is_success:
                    return answer
                if answer.status_code not in TRY_AGAIN or attempt >= self._retries():
                    raise problem(answer.status_code, answer.content)
                pause = self._policy.pause(attempt, retry_after(answer.headers))
            await asyncio.sleep(pause)
            attempt += 1

    def _retries(self) -> int:
        return self._policy.retries if self._met else self._policy.first_retries

    async def _once(self, call: Call) -> httpx.Response:
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=ANSWER_SECONDS + call.wait, pool=None)
        with call.payload.opened() as body:
            return await self._http.request(
                call.method,
                self.engine + call.path,
                params=dict(call.params) or None,
                headers=dict(call.headers),
                timeout=timeout,
                **body,
            )

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"the engine at {self.engine} cannot be reached: {str(error) or type(error).__name__}")

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """A GET whose body is read as it comes. Raises AimError for an answer that says no, httpx.TransportError."""
        timeout = httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS, pool=None)
        async with self._http.stream("GET", self.engine + path, headers=dict(headers), timeout=timeout) as answer:
            if not answer.is_success and answer.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise problem(answer.status_code, await answer.aread())
            self._met = True
            yield answer

    async def events(self, path: str, after: str) -> AsyncGenerator[Event | None, None]:
        """The events of a stream, each once, after one if it is named; None each time that the stream ended in order.

        It is then opened again after the last event, by asking for more. A broken stream is taken up by itself. Raises
        Unreachable after `patience` seconds without a byte, AimError where the engine says no.
        """
        attempt, heard = 0, time.monotonic()
        while True:
            try:
                parser = Parser(after)
                async with self.stream(path, {"Last-Event-ID": after} if after else {}) as answer:
                    async for chunk in answer.aiter_bytes():
                        attempt, heard = 0, time.monotonic()
                        for message in parser.feed(chunk):
                            after = message.id
                            event = event_of(message)
                            if event is not None:
                                yield event
                    heard = time.monotonic()
                yield None
            except httpx.TransportError as error:
                self._check_patience(heard, attempt, self._unreachable(error))
            except AimError as error:
                if error.status not in TRY_AGAIN:
                    raise
                self._check_patience(heard, attempt, error)
            await asyncio.sleep(self._policy.pause(attempt))
            attempt += 1

    def _check_patience(self, heard: float, attempt: int, error: AimError) -> None:
        if time.monotonic() - heard > self._policy.patience or (
            not self._met and attempt >= self._policy.first_retries
        ):
            raise error
