"""Requests to engines that may die meanwhile: an answer, or none."""

import json
from collections import Counter
from typing import Any

import aiohttp

from tests.faults.routes import Json, Piece

ANSWER_SECONDS = 40.0
MAY_PASS = frozenset([0, 429, 503, 507])
"""Statuses after which the same request may be taken later. 0: there was no answer."""


class Asker:
    """A client of the engines at a URL. `answers` counts the answers by status; `wrong` is what none may be; `refused`
    counts submissions that were not taken, by route and status.

    `keep_alive` False: each request has a connection of its own.
    """

    def __init__(self, url: str, keep_alive: bool = True) -> None:
        self.answers: Counter[int] = Counter()
        self.refused: Counter[tuple[str, int]] = Counter()
        self.wrong: list[str] = []
        self._url = url
        self._keep_alive = keep_alive
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close its connections. May be called again."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, verb: str, path: str, **more: Any) -> tuple[int, bytes]:
        """The status and the body of the answer; 0 where there was none."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=5)
            connector = aiohttp.TCPConnector(limit=0, force_close=not self._keep_alive)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        url = path if path.startswith("http") else self._url + path
        try:
            async with self._session.request(verb, url, **more) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            self.answers[0] += 1
            return 0, b""
        self.answers[answer.status] += 1
        if answer.status == 503 and "Retry-After" not in answer.headers:
            self.wrong.append(f"{verb} {path}: 503 without Retry-After: {text[:200]!r}")
        if answer.status >= 500 and answer.status not in MAY_PASS:
            self.wrong.append(f"{verb} {path}: {answer.status} {text[:200]!r}")
        return answer.status, text

    async def get(self, path: str) -> tuple[int, Json]:
        """The status and the JSON of a document; 0 and nothing where there was no answer."""
        status, text = await self.ask("GET", path)
        return status, json.loads(text) if text else {}

    async def submit(self, piece: Piece, **headers: str) -> tuple[int, Json]:
        """Submit a task under its key: the status, and what was told."""
        body: Any = {"json": piece.body}
        if piece.route == "files":
            form = aiohttp.FormData()
            form.add_field("file", piece.content, filename="bytes.bin", content_type="application/octet-stream")
            body = {"data": form}
        headers = {"Idempotency-Key": piece.key, **headers}
        status, text = await self.ask("POST", f"/services/{piece.route}", headers=headers, **body)
        self.refused[piece.route, status] += status != 200
        if status != 200 and status not in MAY_PASS:
            self.wrong.append(f"submission of {piece}: {status} {text[:300]!r}")
        return status, json.loads(text) if text else {}
