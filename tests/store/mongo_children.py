"""Child processes of the tests of MongoDB: `python mongo_children.py write|race URI DATABASE ...`, with the project on
the path."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace

from engine.errors import StoreAway
from engine.store.mongo import MongoStore
from tests.store.rows import finished, following, task


async def write(uri: str, database: str) -> None:
    """Create, save, end and remove tasks without end, from 8 callers; each acknowledgement is a line of output."""
    store = MongoStore(uri, database)
    await store.open()

    async def one(number: int) -> None:
        turn = 0
        while True:
            turn += 1
            row = task(route=f"r{number % 3}", document=b"1" * 3_000)
            await store.create(row)
            print(row.id, 1, flush=True)
            for each in (following(row), finished(following(row))):
                assert await store.save(each) is not None
                print(row.id, each.revision, flush=True)
            if turn % 3 == 0:
                print(row.id, "removing", flush=True)
                assert await store.delete([row.id]) == [row.id]

    await asyncio.gather(*(one(number) for number in range(8)))


async def race(uri: str, database: str, task_id: str, times: str) -> None:
    """Compare-and-swap one task forward so many times, against others who do the same, whatever the server does."""
    store = MongoStore(uri, database)
    await store.open()
    done = 0
    while done < int(times):
        try:
            row = await store.load(task_id)
            assert row is not None
            number = await store.save(replace(following(row), holders=str(done)))
        except StoreAway:
            continue
        if number is not None:
            print(row.revision + 1, number, flush=True)
            done += 1
    await store.close()


if __name__ == "__main__":
    work: dict[str, Callable[..., Coroutine[None, None, None]]] = {"write": write, "race": race}
    asyncio.run(work[sys.argv[1]](*sys.argv[2:]))
