"""Tells the engine which operations there are, at start and again and again, so that it knows that they are alive."""

import asyncio
import logging
from typing import Any

import aiohttp

from aiservice.deliver import growing_delays
from aiservice.key import Key
from aiservice.protocol import Announcement
from aiservice.service import Service

log = logging.getLogger("aiservice.announce")

PLAIN_ROUNDS = 20
"""Rounds that go without the description of a result after the engine has refused it."""

_REFUSED = (400, 422)


class Announcer:
    """Announces every operation of one service to one engine.

    An engine that does not know descriptions of results refuses them; it gets the same messages without, and is asked
    again now and then.
    """

    def __init__(
        self, session: aiohttp.ClientSession, service: Service, engine: str, address: str, interval: float, key: Key
    ) -> None:
        self._session = session
        self._key = key
        self._url = f"{engine}/services"
        self._interval = interval
        self._messages = [
            Announcement(url=f"{address}{operation.path}", api=operation.api, interval=interval)
            for operation in service.operations
        ]
        self._trouble: str | None = ""
        self._plain = dict.fromkeys((message.url for message in self._messages), 0)

    async def run(self) -> None:
        """Announce until cancelled: every interval, and sooner while the engine is not there."""
        delays = growing_delays(1.0, self._interval)
        while True:
            trouble = await self._announce()
            self._tell(trouble)
            if trouble is None:
                delays = growing_delays(1.0, self._interval)
                await asyncio.sleep(self._interval)
            else:
                await asyncio.sleep(min(next(delays), self._interval))

    async def _announce(self) -> str | None:
        """Send all messages; return what went wrong, or None."""
        trouble = None
        for message in self._messages:
            found = await self._send(message)
            trouble = trouble or found
        return trouble

    async def _send(self, message: Announcement) -> str | None:
        if message.api.result is not None and self._plain[message.url] == 0:
            status, trouble = await self._post(message.model_dump())
            if status not in _REFUSED:
                return trouble
        status, trouble = await self._post(message.model_dump(exclude={"api": {"result"}}))
        if message.api.result is not None and trouble is None:
            self._count_plain(message)
        return trouble

    def _count_plain(self, message: Announcement) -> None:
        left = self._plain[message.url]
        if left == 0:
            log.info("%s: announced without the description of its result, which was refused", message.api.route)
        self._plain[message.url] = (left or PLAIN_ROUNDS) - 1

    async def _post(self, document: dict[str, Any]) -> tuple[int, str | None]:
        """Send one message; return the status (0 where there was no answer) and what went wrong, or None."""
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with self._session.post(
                self._url, json=document, headers=self._key.headers(), timeout=timeout, allow_redirects=False
            ) as answer:
                if answer.status < 300:
                    return answer.status, None
                text = (await answer.content.read(500)).decode("utf-8", "replace")
                return (
                    answer.status,
                    f"{document['api']['route']}: answered {answer.status}: {self._about(answer.status)}{text}",
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, f"not reached: {str(error) or type(error).__name__}"

    def _about(self, status: int) -> str:
        """What to do about an answer that says that the key is not good."""
        source = self._key.source
        if status == 401:
            told = f"the engine does not take the key of {source}" if source else "the engine asks for a key"
            return f"{told}; set APP_KEY or APP_KEY_FILE to one with the scope `service`: "
        if status == 403:
            return "the key may not announce this; it needs the scope `service`: "
        return ""

    def _tell(self, trouble: str | None) -> None:
        """Log a change, not every turn."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble is None:
            log.info("announced to %s: %s", self._url, ", ".join(message.api.route for message in self._messages))
        else:
            log.warning("cannot announce to %s, tried again: %s", self._url, trouble)
