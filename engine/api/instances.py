"""Where the instances of nodes are: each body of a loop is a task of its own, whose id follows from its place.

So one instance is found by as many reads as loops lie around it, and a page of them by one for each loop's items.
"""

from collections.abc import AsyncIterator, Iterator

from engine.api.deps import Engine
from engine.errors import NotFound
from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import LOOP_END
from engine.task.codec import decode
from engine.task.frames import Place
from engine.task.origin import family
from engine.task.task import Origin, Task, child_of

PAGE = 200

Found = tuple[Task, Place, tuple[int, ...]]
"""The task that runs a body, where it runs, and the places of its items, from the outermost loop on."""


async def find_instance(engine: Engine, task: Task, place: Place, instance: str) -> tuple[Task, Place, str] | None:
    """The task that holds the instance of a node that is called so, where it runs, and the node's id. None where there
    is none (yet)."""
    own = None if task.origin is None else task.origin.number
    for node_id in place.pipeline.nodes:
        if node_id != LOOP_END and place.pipeline.instance(node_id, own) == instance:
            return task, place, node_id
    for loops, node_id, number in _readings(place.pipeline, instance):
        indexes = _indexes(number, own, len(loops))
        found = None if indexes is None else await _body(engine, task, place, loops, indexes)
        if found is not None:
            return *found, node_id
    return None


def _readings(pipeline: Pipeline, instance: str) -> Iterator[tuple[list[str], str, str]]:
    """What an instance's id may say: the loops around the node, the node, and its number."""
    for level in pipeline.levels.values():
        loops = loops_around(level, pipeline)
        for node_id in level.nodes if loops else ():
            first, last = len(node_id), len(instance) - len(level.instance(node_id, 0)) + len(node_id) + 1
            number = instance[first:last]
            if node_id != LOOP_END and number.isascii() and number.isdigit():
                if level.instance(node_id, number) == instance:
                    yield loops, node_id, number


def loops_around(level: Pipeline, top: Pipeline) -> list[str]:
    """The ids of the loops in which a level lies, from the outermost in `top` on."""
    loops: list[str] = []
    while level is not top and level.loop is not None and level.outer is not None:
        loops.insert(0, level.loop.id)
        level = level.outer
    return loops


def _indexes(number: str, own: str | None, depth: int) -> list[int] | None:
    """The places of the items that a body's number stands for; see `Group` for how it is made: the outermost is the
    item's place itself, each further one the number around it, the place, and how many digits that has."""
    indexes: list[int] = []
    rest = number
    for _ in range(depth if own is not None else depth - 1):
        length = int(rest[-1]) if rest else 0
        place = rest[-1 - length : -1]
        if not 0 < length < len(rest) or str(int(place)) != place:
            return None
        indexes.insert(0, int(place))
        rest = rest[: -1 - length]
    if own is not None:
        return indexes if rest == own else None
    return [int(rest), *indexes] if rest and str(int(rest)) == rest else None


async def _body(
    engine: Engine, task: Task, place: Place, loops: list[str], indexes: list[int]
) -> tuple[Task, Place] | None:
    """The body at these places, and where it runs; None where it has not been made."""
    for loop, index in zip(loops, indexes, strict=True):
        turn = task.node(loop).turn
        origin = Origin(task.root, task.id, loop, turn, 0, index)
        child = child_of(task, task.definition, task.route, origin, None, 0).id
        place = Place(place.pipeline.bodies[loop], place.frame(task))
        try:
            task = await engine.runner.read(child)
        except NotFound:
            return None
    return task, place


class Bodies:
    """The bodies of the innermost of some loops within each other, in the order of the items. `total` is how many there
    will be, None where that is not known."""

    def __init__(self, engine: Engine, task: Task, place: Place, loops: list[str]) -> None:
        self._engine = engine
        self._task = task
        self._place = place
        self.loops = loops

    @property
    def total(self) -> int | None:
        """See the class."""
        return self._task.node(self.loops[0]).more.total if len(self.loops) == 1 else None

    async def after(self, after: tuple[int, ...], limit: int) -> AsyncIterator[Found]:
        """At most so many that come after these places; after none: from the first on."""
        count = 0
        async for found in self._within(self._task, self._place, (), after, limit):
            yield found
            count += 1
            if count == limit:
                return

    async def _within(
        self, task: Task, place: Place, indexes: tuple[int, ...], after: tuple[int, ...], limit: int
    ) -> AsyncIterator[Found]:
        loop, innermost = self.loops[len(indexes)], len(indexes) + 1 == len(self.loops)
        first = after[0] + innermost if after else 0
        body = Place(place.pipeline.bodies[loop], place.frame(task))
        async for child in self._children(task, loop, first, limit if innermost else PAGE):
            assert child.origin is not None
            here = (*indexes, child.origin.index)
            if innermost:
                yield child, body, here
                continue
            inner = after[1:] if after and child.origin.index == after[0] else ()
            async for found in self._within(child, body, here, inner, limit):
                yield found

    async def _children(self, task: Task, loop: str, first: int, limit: int) -> AsyncIterator[Task]:
        """The bodies of a loop's present turn from one place on."""
        name = family(loop, task.node(loop).turn)
        after = (task.id, name, first - 1)
        while page := await self._engine.store.children(task.root, after, min(limit, PAGE)):
            for row in page:
                if (row.parent, row.family) != (task.id, name):
                    return
                yield decode(row.document)
            after = (task.id, name, page[-1].position)
