"""Callers who keep a store busy, and remember what it acknowledged."""

import asyncio
from dataclasses import replace

from engine.errors import StoreAway
from engine.store.base import Store, TaskRow

from .rows import following, task


class Load:
    """Callers that create and save without end, and what was acknowledged to them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.saved: dict[str, TaskRow] = {}
        self.numbers: list[int] = []
        self.stop = False

    async def work(self) -> None:
        """One caller, until `stop`."""
        while not self.stop:
            row = task(document=b"0" * 2_000)
            try:
                self.took(row, await self.store.create(row))
                for revision in range(2, 8):
                    row = following(row, b"%d" % revision * 2_000)
                    if revision == 7:
                        row = replace(row, status="finished", ended=5_000)
                    if not self.took(row, await self.store.save(row)):
                        raise AssertionError("nobody else saves it")
            except StoreAway:
                continue

    def took(self, row: TaskRow, number: object) -> bool:
        """Note what was acknowledged."""
        if isinstance(number, int):
            self.numbers.append(number)
            self.saved[row.id] = row
        return isinstance(number, int)

    async def check(self) -> None:
        """All of it is there, no revision was taken twice, and the changes tell all of them."""
        assert len(self.numbers) == len(set(self.numbers))
        wanted: set[tuple[str, int]] = set()
        for task_id, row in self.saved.items():
            found = await self.store.load(task_id)
            assert found is not None and (found == row or found.revision == row.revision + 1)
            wanted |= {(task_id, 2 * revision + 1) for revision in range(found.revision)}
        async with asyncio.timeout(10):
            while not set(self.numbers) <= {change.number for change in await self.store.changes(0, 100_000)}:
                await asyncio.sleep(0.1)
        changes = await self.store.changes(0, 100_000)
        told = {(change.task, change.first_event) for change in changes if change.task in self.saved}
        assert told == wanted
