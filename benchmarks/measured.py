"""An engine with a proxy at each of its borders, and what it costs: counted over some work, less what it does idle."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from aiservice.testing import free_port
from benchmarks.borders import Border, HttpReader, MongoReader
from benchmarks.engine import Engine
from benchmarks.kit import Bench
from benchmarks.processes import Failed
from engine.app import DATABASE

IDLE_SECONDS = 4.0
_TOLD_SECONDS = 10.0
_FOR_EVER = {"APP_LIFESPAN": "100000000", "APP_CRON": "100000000"}


@dataclass
class Spent:
    """What the engine has used: figures by name (`Measured.spent` has the names), and kinds of requests."""

    figures: dict[str, float]
    kinds: dict[str, Counter[str]] = field(default_factory=dict)

    def less(self, other: Spent) -> Spent:
        """The difference."""
        kinds = {name: found - other.kinds[name] for name, found in self.kinds.items()}
        return Spent({name: value - other.figures[name] for name, value in self.figures.items()}, kinds)


@dataclass
class Measured:
    """The engine, and the proxies: before it for clients, before it for callbacks, before services and stores."""

    engine: Engine
    bench: Bench
    front: Border
    back: Border
    service: Border
    store: Border | None
    objects: Border | None
    told: Path
    direct: Mapping[str, str]
    idle: dict[str, float] = field(default_factory=dict)

    async def spent(self) -> Spent:
        """All that was used since the start. Bytes are bytes, CPU times seconds, all else numbers."""
        counts = await self._told()
        main, others = self.engine.process.thread_seconds()
        figures: dict[str, float] = {
            "time": time.perf_counter(),
            "requests taken": self.front.kinds.total() + self.back.kinds.total(),
            "requests made": self.service.kinds["POST"],
            "bytes in": self.front.sent + self.back.sent + self.service.received,
            "bytes out": self.front.received + self.back.received + self.service.sent,
            "cpu loop": main,
            "cpu threads": others,
            "store calls": sum(counts["calls"].values()),
            "commits": counts["commits"],
            "stored bytes": await asyncio.to_thread(stored_bytes, self.direct),
        }
        kinds = {"store calls": Counter[str](counts["calls"])}
        for name, border in (("store", self.store), ("objects", self.objects)):
            if border is not None:
                figures[f"{name} requests"] = border.kinds.total()
                figures[f"{name} bytes in"], figures[f"{name} bytes out"] = border.received, border.sent
                kinds[f"{name} requests"] = Counter(border.kinds)
        return Spent(figures, kinds)

    async def rest(self) -> None:
        """See what it uses while it has nothing to do, by the second."""
        before = await self.spent()
        await asyncio.sleep(IDLE_SECONDS)
        found = (await self.spent()).less(before).figures
        self.idle = {name: value / found["time"] for name, value in found.items()}

    def of_work(self, before: Spent, after: Spent, tasks: int) -> dict[str, float]:
        """What a task has used, without what an idle engine would have used meanwhile."""
        found = after.less(before).figures
        seconds = found.pop("time")
        return {name: max(value - self.idle[name] * seconds, 0.0) / tasks for name, value in found.items()}

    async def _told(self) -> dict[str, Any]:
        self.told.unlink(missing_ok=True)
        os.kill(self.engine.process.pid, signal.SIGUSR1)
        deadline = time.monotonic() + _TOLD_SECONDS
        while not self.told.exists():
            if time.monotonic() > deadline:
                raise Failed("the engine does not tell what it has counted")
            await asyncio.sleep(0.005)
        return dict(orjson.loads(self.told.read_bytes()))


@contextlib.asynccontextmanager
async def measured(bench: Bench) -> AsyncIterator[Measured]:
    """An engine on the bench's store, with a proxy at each border, that has run a few tasks and rested."""
    settings = {**bench.backend.settings(), **_FOR_EVER, "APP_PORT": str(free_port())}
    direct = f"http://127.0.0.1:{settings['APP_PORT']}"
    async with contextlib.AsyncExitStack() as stack:
        front, back, service = [
            await stack.enter_async_context(Border(target, HttpReader)) for target in (direct, direct, bench.service)
        ]
        settings |= {"APP_ENGINE": back.url, "APP_EXTERNAL_URL": front.url}
        borders: dict[str, Border | None] = {"MONGO_URI": None, "S3_URL": None}
        for name, reader in (("MONGO_URI", MongoReader), ("S3_URL", HttpReader)):
            if name in settings:
                borders[name] = border = await stack.enter_async_context(Border(settings[name], reader))
                settings[name] = border.url
        told = bench.folder / f"counts-{time.monotonic_ns()}.json"
        program = ("-m", "benchmarks.counted_engine", str(told))
        through = replace(bench, service=service.url)
        engine = await stack.enter_async_context(through.engine("full", program, settings))
        engine.url = front.url
        stored = {**engine.settings, **({"MONGO_URI": bench.backend.mongo} if bench.backend.mongo else {})}
        found = Measured(engine, through, front, back, service, borders["MONGO_URI"], borders["S3_URL"], told, stored)
        await found.rest()
        yield found


def stored_bytes(settings: Mapping[str, str]) -> int:
    """What lies in the database: pages in use of SQLite, sizes of all documents of MongoDB (without its indexes)."""
    if settings.get("REG_DB_TYPE", "sqlite") == "sqlite":
        with closing(sqlite3.connect(Path(settings["REG_LOCAL_DATA"]) / DATABASE)) as connection:
            pages, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)
    with MongoClient[RawBSONDocument](settings["MONGO_URI"], document_class=RawBSONDocument) as client:
        database = client[settings["MONGO_DB"]]
        return sum(len(each.raw) for name in database.list_collection_names() for each in database[name].find())
