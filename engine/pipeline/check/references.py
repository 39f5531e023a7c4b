"""The faults of paths: each must name a node that may have run, and a field that it has.

`id`, `type` and `params` of any node are there from the start, and `finished` at any time; `_loop` of the nodes in the
body of a loop as well; `out` and `input` only when the node has run. So there must be a way from it to the node that
reads it: an edge that leads back counts, and so does a branch that may not take it. Where no way is, `ready` may make
the reader wait.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import Fault
from engine.pipeline import body, paths
from engine.pipeline.check.levels import Level, Levels, collecting
from engine.pipeline.check.order import Orders
from engine.pipeline.check.programs import Programs
from engine.pipeline.check.readings import Reading, readings
from engine.pipeline.described import path_problem
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.nodes import LOOP_END

FIELDS = ("out", "input", "params", "id", "type", "finished")
ITEM = "_loop"

Results = Mapping[str, Mapping[str, Any]]
"""The descriptions of what services give, by the route and by the address of the operation."""

UNSURE = -1
Found = tuple[Level, int, paths.Path]
"""A node, and the path within it; the position is `UNSURE` where several nodes bear the id."""


class References:
    """Judges the paths of one definition. Without `orders` what runs before what is not looked at."""

    def __init__(
        self, levels: Levels, orders: Orders | None, programs: Programs, results: Results, hints: Hints
    ) -> None:
        self._levels = levels
        self._orders = orders
        self._programs = programs
        self._results = results
        self._hints = hints
        self._examples = dict(_bodies(levels.top))

    def faults(self) -> Iterator[Fault]:
        """All faults of all paths."""
        for reading in readings(self._levels):
            if problem := self._problem(reading):
                yield Fault(reading.pointer, problem)

    def described(self) -> Iterator[Fault]:
        """Only the faults of paths into described results."""
        for reading in readings(self._levels):
            found = self._find(reading)
            if found is not None and not isinstance(found, str) and (problem := self._not_described(*found)):
                yield Fault(reading.pointer, problem)

    def _problem(self, reading: Reading) -> str | None:
        found = self._find(reading)
        if found is None or isinstance(found, str):
            return found
        level, position, path = found
        problem = self._no_field(level, path)
        if problem or position == UNSURE:
            return problem
        return (
            (self._orders is not None and self._orders.too_early(reading, level, position, path))
            or self._not_received(level, position, path)
            or self._not_collected(level, position, path)
            or self._not_described(level, position, path)
            or None
        )

    # Which node

    def _find(self, reading: Reading) -> Found | str | None:
        """What a path names: a problem, or None where it names no node."""
        try:
            path = paths.parse(reading.text)
        except ValueError as error:
            return str(error)
        if reading.collects:
            return self._in_body(reading, path)
        if path.node == "node":
            return reading.level, reading.position, path
        if path.node == "pipeline":
            return self._in_pipeline(reading, path)
        if path.node == "loop":
            return self._in_loop(reading, path)
        return self._named(reading.level, path)

    def _in_pipeline(self, reading: Reading, path: paths.Path) -> Found | str | None:
        if path.field != "nodes" or not path.keys:
            return None
        field = path.keys[1] if len(path.keys) > 1 else "id"
        return self._named(reading.level, paths.Path(path.keys[0], field, path.keys[2:]))

    def _in_loop(self, reading: Reading, path: paths.Path) -> Found | str | None:
        level = reading.level
        if hidden := self._levels.hidden(level, path.field):
            return f"{hidden[0]}; {self._collected_as(hidden[1], _within(path))}"
        if level.outer is None:
            return "`loop.` is known in the body of a loop only; begin the path with the id of a node"
        if path.field in level.by_id and path.field != LOOP_END:
            if not path.keys:
                text = f"loop.{path.field}"
                return f"{quoted(text)} is only a node: say which field of it, as in {quoted(text + '.out')}"
            return _one(level, level.by_id[path.field], _within(path))
        if self._levels.visible(level, path.field):
            return f"{quoted(path.field)} is outside of this body; name it without `loop.` before it"
        known = [node_id for node_id in level.by_id if node_id != LOOP_END]
        hint = self._hints.did_you_mean(path.field, known) or f"; it has {listed(known)}"
        return f"there is no node {quoted(path.field)} in the body of the loop {level.loop_name()}{hint}"

    def _in_body(self, reading: Reading, path: paths.Path) -> Found | str | None:
        """A path of `collect`, which names a node of the body."""
        level = reading.level
        if path.node == "loop" or (path.node in level.by_id and path.node != LOOP_END):
            return self._in_loop(reading, path) if path.node == "loop" else self._named(level, path)
        owner = self._levels.owner(path.node)
        if owner is not None and level in owner[0].around():
            return self._named(level, path)  # in a loop of the body
        loop = level.loop_name()
        if path.node in ("node", "pipeline") or owner is not None:
            return (
                f"`collect` takes from the nodes of the loop's own body; {quoted(path.node)} is not in that of {loop}"
            )
        known = [node_id for node_id in level.by_id if node_id != LOOP_END]
        hint = self._hints.did_you_mean(path.node, known) or f"; it has {listed(known)}"
        return f"there is no node {quoted(path.node)} in the body of the loop {loop}{hint}"

    def _named(self, level: Level, path: paths.Path) -> Found | str | None:
        found = self._levels.visible(level, path.node)
        if found is not None:
            return _one(*found, path)
        if hidden := self._levels.hidden(level, path.node):
            return f"{hidden[0]}; {self._collected_as(hidden[1], path)}"
        if path.node == "input":
            return "`input` is known in code only; begin the path with the id of the node that gives the value"
        known = self._levels.names(level)
        hint = self._hints.did_you_mean(path.node, known) or "; begin the path with the id of a node"
        return f"there is no node {quoted(path.node)} in this pipeline{hint}"

    def _collected_as(self, bodies: list[Level], path: paths.Path) -> str:
        """What to name in place of a path into the body of a loop."""
        outer, holder = bodies[0].outer, bodies[0].holder
        assert outer is not None
        collected = outer.nodes[holder].get("collect") if len(bodies) == 1 else None
        for name, taken in collected.items() if isinstance(collected, dict) else ():
            if taken in (str(path), f"loop.{path}"):
                return f"did you mean {quoted(f'{outer.ids[holder]}.out.{name}')}, where they are collected?"
        return collecting(bodies)

    # Which field, and what is in it

    def _no_field(self, level: Level, path: paths.Path) -> str | None:
        known = (*FIELDS, ITEM) if level.outer is not None else FIELDS
        if path.field in known:
            return None
        text = f"a node has no field {quoted(path.field)}"
        if path.field == ITEM:
            name = "this node" if path.node == "node" else quoted(path.node)
            return f"{name} is in no body of a loop, so it has no `_loop`, which is the item that a body runs for"
        meant = self._hints.nearest(path.field, known)
        if meant is not None:
            return f"{text}; did you mean {quoted(meant)}?"
        if path.node == "node":
            return f"{text}, only {listed(known)}"
        out = ".".join((path.node, "out", path.field, *path.keys))
        return f"{text}, only {listed(known)}; what it made is in `out`: did you mean {quoted(out)}?"

    def _not_received(self, level: Level, position: int, path: paths.Path) -> str | None:
        """A key that the client is not allowed to send, and no code sets, is never in the `out` of the entry."""
        if level is not self._levels.top or position not in self._examples or not self._is_fixed(level, position, path):
            return None
        problem = body.unknown_key(self._examples[position], path.keys, self._hints)
        return f"the body of {quoted(path.node)} {problem}" if problem else None

    def _not_collected(self, level: Level, position: int, path: paths.Path) -> str | None:
        """The `out` of a loop has what it collects, each a list."""
        if level.kinds[position] != "loop" or not path.keys or not self._is_fixed(level, position, path):
            return None
        collected = level.nodes[position].get("collect", {})
        if not isinstance(collected, dict):
            return None
        if not collected:
            return (
                f"the loop {quoted(path.node)} collects nothing; add `collect`, which names what it takes from its body"
            )
        problem = body.unknown_key({name: [] for name in collected}, path.keys, self._hints)
        return f"what the loop {quoted(path.node)} collects {problem}" if problem else None

    def _not_described(self, level: Level, position: int, path: paths.Path) -> str | None:
        """A field that the service says it does not give, and no code sets."""
        if level.kinds[position] != "service" or not path.keys or not self._is_fixed(level, position, path):
            return None
        name = operation(level.nodes[position])
        schema = self._results.get(name)
        return path_problem(schema, path.keys, self._hints, name) if schema is not None else None

    def _is_fixed(self, level: Level, position: int, path: paths.Path) -> bool:
        return path.field == "out" and not self._programs.may_change(level, position)


def operation(node: dict[str, Any]) -> str:
    """The route or the URL of the operation that a service node calls; empty where it cannot be read."""
    names = (node.get("service"), node.get("url"))
    return next((name for name in names if isinstance(name, str)), "")


def _within(path: paths.Path) -> paths.Path:
    """The path without `loop.` before it."""
    return paths.Path(path.field, path.keys[0] if path.keys else "out", path.keys[1:])


def _one(level: Level, positions: list[int], path: paths.Path) -> Found:
    return level, positions[0] if len(positions) == 1 else UNSURE, path


def _bodies(top: Level) -> Iterator[tuple[int, dict[str, Any]]]:
    """The bodies of entries that are examples."""
    for entry in top.of_kind("entry"):
        api = top.nodes[entry].get("api")
        sent = api.get("body") if isinstance(api, dict) else None
        if isinstance(sent, dict) and not body.faults(sent):
            yield entry, sent
