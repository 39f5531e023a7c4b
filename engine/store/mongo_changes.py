"""Changes in the order of their numbers, none before a smaller one that can still appear."""

from dataclasses import dataclass

from engine.store.base import Change
from engine.store.mongo_link import Database, Document, Link
from engine.store.mongo_numbers import REMOVED, Numbers
from engine.store.mongo_schema import KEPT_NUMBERS

_PAGE = 500
_RECENT = 100_000


@dataclass(frozen=True, slots=True)
class _View:
    """What was known before the documents were read."""

    mine: dict[int, bool | None]
    horizon: int

    def is_settled(self, number: int) -> bool:
        return number <= self.horizon or self.mine.get(number) is not None


class Changes:
    """Reads `changes`."""

    def __init__(self, link: Link, numbers: Numbers) -> None:
        self._link = link
        self._numbers = numbers

    async def after(self, after: int, limit: int, root: str | None) -> list[Change]:
        """See `Store.changes`."""
        return (await self._walk(after, limit, root))[0]

    async def last(self) -> int:
        """See `Store.last_change`: the last one that `after` would give, or one that was removed."""
        removed = await self._link.run(_removed)
        view = self._view()
        recent, held = await self._walk(view.horizon, _RECENT, None)
        last = recent[-1].number if recent else await self._last_old(view.horizon)
        if held or any(not view.is_settled(number) for number in range(max(last, view.horizon) + 1, removed + 1)):
            return last
        return max(last, removed)

    async def _last_old(self, horizon: int) -> int:
        async def work(database: Database, again: bool) -> list[Document]:
            found = database["changes"].find({"number": {"$lte": horizon}}).sort([("number", -1)]).limit(_PAGE)
            return await found.to_list(None)

        documents = (await self._link.run(work))[::-1]
        taken = await self._taken(_View(self._numbers.mine(), horizon), documents)
        return taken.documents[-1]["number"] if taken.documents else 0

    async def _walk(self, after: int, limit: int, root: str | None) -> tuple[list[Change], bool]:
        """Changes, and whether one that may still come holds the others back."""
        found: list[Change] = []
        at = after
        while len(found) < limit:
            view = self._view()
            size = min(limit - len(found), _PAGE)
            documents = await self._read(at, size, root)
            if not documents:
                break
            top = int(documents[-1]["number"])
            self._numbers.see(top)
            whole = await self._whole(view, at, documents, root)
            taken = await self._taken(view, documents[: _before(documents, whole)])
            found += [Change(each["number"], each["task"], each["first"], each["last"]) for each in taken.documents]
            if whole <= top or taken.held:
                return found, True
            if len(documents) < size:
                break
            at = top
        return found, False

    def _view(self) -> _View:
        return _View(self._numbers.mine(), self._numbers.horizon())

    async def _read(self, after: int, limit: int, root: str | None) -> list[Document]:
        async def work(database: Database, again: bool) -> list[Document]:
            chosen: Document = {} if root is None else {"head": {"$eq": root}}
            cursor = database["changes"].find({**chosen, "number": {"$gt": after}})
            return await cursor.sort([("number", 1)]).limit(limit).to_list(None)

        found = await self._link.run(work)
        if found or root is None:
            return found
        return await self._of_child(root, after, limit)

    async def _of_child(self, task_id: str, after: int, limit: int) -> list[Document]:
        """The id may be that of a child, whose changes stand under its root's."""

        async def work(database: Database, again: bool) -> list[Document]:
            task = await database["tasks"].find_one({"_id": task_id}, {"head": 1})
            if task is None or task["head"] == task_id:
                return []
            cursor = database["changes"].find({"head": {"$eq": task["head"]}, "number": {"$gt": after}})
            found: list[Document] = []
            async for each in cursor.sort([("number", 1)]):
                if each["task"] == task_id:
                    found.append(each)
                if len(found) == limit:
                    break
            return found

        return await self._link.run(work)

    async def _whole(self, view: _View, after: int, documents: list[Document], root: str | None) -> int:
        """The first number, after `after`, of which nothing is known and that can still appear; else one behind all."""
        top = documents[-1]["number"]
        known = {each["number"] for each in documents}
        start = max(after, view.horizon)
        missing = [n for n in range(start + 1, top + 1) if n not in known and not view.is_settled(n)]
        if missing and root is not None:  # they may be those of other tasks, which are no matter here

            async def work(database: Database, again: bool) -> list[Document]:
                chosen = {"number": {"$gte": missing[0], "$lte": missing[-1]}}
                return await database["changes"].find(chosen).to_list(None)

            others = {each["number"] for each in await self._link.run(work) if each["head"] != root}
            missing = [number for number in missing if number not in others]
        return missing[0] if missing else int(top) + 1

    async def _taken(self, view: _View, documents: list[Document]) -> "_Taken":
        """Those of the documents that tell of a save that took effect, up to one of which it is not known yet."""
        doubtful = [each for each in documents if view.mine.get(each["number"]) is None]
        tasks = await self._tasks(list({each["task"] for each in doubtful})) if doubtful else {}
        taken = _Taken([], False)
        for each in documents:
            happened = view.mine.get(each["number"])
            if happened is None:
                happened = _happened(each, tasks.get(each["task"]))
            if happened is None and not view.is_settled(each["number"]):
                return _Taken(taken.documents, True)
            if happened:
                taken.documents.append(each)
        return taken

    async def _tasks(self, ids: list[str]) -> dict[str, Document]:
        async def work(database: Database, again: bool) -> list[Document]:
            return await database["tasks"].find({"_id": {"$in": ids}}, {"numbers": 1, "revision": 1}).to_list(None)

        return {found["_id"]: found for found in await self._link.run(work)}


@dataclass(slots=True)
class _Taken:
    documents: list[Document]
    held: bool


def _before(documents: list[Document], number: int) -> int:
    return sum(each["number"] < number for each in documents)


def _happened(change: Document, task: Document | None) -> bool | None:
    """Whether the save took effect; None where it may still come, or the task is gone."""
    if task is None:
        return None
    numbers, number = task["numbers"], change.get("of", change["number"])
    if number in numbers:
        return True
    if len(numbers) >= KEPT_NUMBERS and number < numbers[0]:
        return True  # long ago: who lost has removed it long since
    if 0 < task["revision"] < change["revision"]:
        return None
    return False


async def _removed(database: Database, again: bool) -> int:
    found = await database["numbers"].find_one({"_id": REMOVED})
    return 0 if found is None else int(found["last"])
