"""Brings results to whoever asked for them: repeated, with growing delays, until they have arrived."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from aiservice.metrics import Metrics
from aiservice.protocol import TASK_ID
from aiservice.protocol.trace_context import TRACEPARENT
from aiservice.results import Outcome, body_of

if TYPE_CHECKING:
    from aiservice.tracing import CallTrace

log = logging.getLogger("aiservice.deliver")

LONGEST_DELAY = 30.0
GIVE_UP = 24 * 3600.0
_AGAIN = {408, 425, 429}


def growing_delays(first: float, longest: float) -> Iterator[float]:
    """Yield seconds to wait, doubling up to `longest`, each shortened by up to a half by chance."""
    delay = first
    while True:
        yield delay * random.uniform(0.5, 1.0)
        delay = min(delay * 2, longest)


def new_session() -> aiohttp.ClientSession:
    """Return the one session of a process. Each attempt sets its own total time."""
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=64, keepalive_timeout=15)
    timeout = aiohttp.ClientTimeout(total=60, sock_connect=10)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=True)


class Courier:
    """Delivers callbacks; one that does not get through takes no worker and holds up no other."""

    def __init__(self, session: aiohttp.ClientSession, metrics: Metrics) -> None:
        self._session = session
        self._metrics = metrics
        self._back: dict[URL, asyncio.Event] = {}

    async def deliver(
        self, callback_url: str, call_id: str, outcome: Outcome, trace: "CallTrace | None" = None
    ) -> bool:
        """Post a result until a 2xx says that it was taken: True; or a final answer, or 24 hours: False."""
        url = URL(callback_url).update_query({TASK_ID: call_id})
        deadline = time.monotonic() + GIVE_UP
        with self._metrics.delivering.track_inprogress():
            for delay in growing_delays(0.25, LONGEST_DELAY):
                settled, wanted = await self._attempt(url, outcome, trace)
                if settled is not None:
                    return settled
                pause = max(delay, min(wanted or 0.0, LONGEST_DELAY))
                if time.monotonic() + pause > deadline:
                    log.error("callback to %s given up after %.0f hours", url.origin(), GIVE_UP / 3600)
                    return False
                if wanted is None:
                    await self._wait(url.origin(), pause)
                else:
                    await asyncio.sleep(pause)
        return False

    async def _attempt(self, url: URL, outcome: Outcome, trace: "CallTrace | None") -> tuple[bool | None, float | None]:
        """Try once; return what has been settled (None: nothing), and the seconds asked for (None: not reached)."""
        if any(not os.path.exists(binary.path) for binary in outcome.binaries):
            outcome = Outcome.failed("again", "a file of the result is gone", 1.0)
        body = body_of(outcome)
        headers = {"Content-Type": body.content_type, "Content-Length": str(body.size)}
        timeout = aiohttp.ClientTimeout(total=60 + body.size / 100_000, sock_connect=10)
        data = body.chunks() if body.data is None else body.data
        told = None if trace is None else trace.callback()
        if told is not None:
            headers[TRACEPARENT] = told.header
        try:
            async with self._session.post(
                url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status = answer.status
                text = "" if status < 300 else (await answer.content.read(300)).decode("utf-8", "replace")
                wanted = answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if told is not None:
                told.end(str(url.with_query(None)), None, type(error).__name__)
            self._metrics.callback("failed")
            log.warning("callback to %s did not get through: %s", url.origin(), str(error) or type(error).__name__)
            return None, None
        if told is not None:
            told.end(str(url.with_query(None)), status, None if status < 300 else f"answered {status}")
        if status < 300:
            self._metrics.callback("delivered")
            self._arrived(url.origin())
            return True, 0.0
        if status in _AGAIN or status >= 500:
            self._metrics.callback("failed")
            log.warning("callback to %s: answered %d, tried again: %s", url.origin(), status, text)
            return None, float(wanted) if wanted.isascii() and wanted.isdigit() else 0.0
        self._metrics.callback("refused")
        log.error("callback to %s: answered %d, given up: %s", url.origin(), status, text)
        return False, 0.0

    async def _wait(self, origin: URL, seconds: float) -> None:
        """Wait for that time, or until another callback has reached the same place."""
        back = self._back.setdefault(origin, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await back.wait()
        except TimeoutError:
            return

    def _arrived(self, origin: URL) -> None:
        waiting = self._back.pop(origin, None)
        if waiting is not None:
            waiting.set()
