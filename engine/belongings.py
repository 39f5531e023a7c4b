"""Which binaries belong to a task: those that something in the task of a client, or in a child of it, refers to.

A binary's id alone opens nothing: what a store holds besides, and the binaries of other tasks, are not found here.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from weakref import WeakValueDictionary

from engine.binaries.base import BinaryStore
from engine.errors import NotFound
from engine.store.base import Store
from engine.task.codec import decode
from engine.task.inputs import held
from engine.task.task import BinaryRef, Task

KEPT = 10_000
"""Of so many binaries it is remembered which they are, so that pictures of a long loop are not searched one by one."""

PAGE = 100


class Belongings:
    """See the module. `read` gives a task as last saved."""

    def __init__(self, store: Store, binaries: BinaryStore, read: Callable[[str], Awaitable[Task]]) -> None:
        self._store = store
        self._binaries = binaries
        self._read = read
        self._known: OrderedDict[str, BinaryRef] = OrderedDict()
        self._searches: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, task: Task, binary_id: str) -> BinaryRef:
        """The binary of this id, where it belongs to the task or one of its family. Raises NotFound, StoreAway."""
        if binary_id.rpartition("/")[0] == task.root and await self._binaries.size(binary_id) is not None:
            ref = self._remembered(binary_id) or self._of_task(task, binary_id)
            ref = ref or await self._searched(task, binary_id)
            if ref is not None:
                return ref
        raise NotFound("the task has no such binary; GET /tasks/{id}/raw lists those that it has")

    async def _searched(self, task: Task, binary_id: str) -> BinaryRef | None:
        """One search of a family at a time: the next one finds what it has seen."""
        search = self._searches.setdefault(task.root, asyncio.Lock())
        async with search:
            found = self._remembered(binary_id)
            async for other in self._family(task):
                found = found or self._of_task(other, binary_id)
                if found is not None:
                    break
            return found

    async def _family(self, task: Task) -> AsyncIterator[Task]:
        """The root of the task, and all its descendants."""
        yield await self._read(task.root)
        after: tuple[str, str, int] | None = None
        while page := await self._store.children(task.root, after, PAGE):
            for row in page:
                yield decode(row.document)
            assert page[-1].parent is not None
            after = (page[-1].parent, page[-1].family, page[-1].position)

    def _of_task(self, task: Task, binary_id: str) -> BinaryRef | None:
        found = None
        for ref in held(task):
            self._remember(ref)
            found = ref if ref.id == binary_id else found
        return found

    def _remembered(self, binary_id: str) -> BinaryRef | None:
        ref = self._known.get(binary_id)
        if ref is not None:
            self._known.move_to_end(binary_id)
        return ref

    def _remember(self, ref: BinaryRef) -> None:
        self._known[ref.id] = ref
        self._known.move_to_end(ref.id)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
