"""Random pipelines: any mixture of plain nodes, services, requests, branches, loops in loops, joins, ways that lead
back, conditions, code, dead ends, and inputs that sometimes fail. A source of random numbers makes the same one again.
"""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

from engine.pipeline.check import check
from engine.pipeline.flow import Pipeline, load
from engine.pipeline.nodes import LOOP_END
from tests.task.scenes import Definition, end, entry, http, plain, service

SERVICES = ("blur", "crop", "find")
"""Routes of announced operations; several nodes share one."""

SUBS = ("sub-one", "sub-two")
"""Routes of pipelines that nodes call; the second may call the first."""

CALLED = 200
"""So many pairs of them there are."""

MAX_DEPTH = 3
"""Levels of loops in loops."""


class Maker:
    """Makes definitions. With `steady` one of which the outcome does not depend on the order in which things happen:
    without conditions, ways back, and inputs and code that may fail."""

    def __init__(self, rng: Random, steady: bool = False, calls: Sequence[str] = SUBS) -> None:
        self._rng = rng
        self._steady = steady
        self._calls = calls
        self._count = 0
        self._stems: list[str] = []

    def document(self, most: int = 12) -> Definition:
        """A definition with `most` nodes at most between entry and end, and in its bodies."""
        self._count, self._stems = 0, []
        nodes = _Level(self, self._rng.randrange(1, most + 1), 0).nodes()
        turned = self._rng.randrange(len(nodes))
        return {"type": "pipeline", "nodes": [*nodes[turned:], *nodes[:turned]]}

    @property
    def rng(self) -> Random:
        """Where all chance comes from."""
        return self._rng

    @property
    def steady(self) -> bool:
        """See the class."""
        return self._steady

    def new_id(self) -> str:
        """An id that no other node has; some differ only in the digits at their end."""
        if self._stems and self.likely(0.5):
            return self._stems.pop()
        self._count += 1
        fresh = f"{'nx'[self._count % 2]}{self._count}z"
        if not self.likely(0.25):
            return fresh
        self._stems.append(fresh)
        return f"{fresh}{self._rng.randrange(2)}"

    def likely(self, chance: float) -> bool:
        """True that often."""
        return self._rng.random() < chance

    def call(self) -> str | None:
        """The route of a pipeline to call, if any."""
        return self._rng.choice(self._calls) if self._calls and self.likely(0.25) else None


class _Level:
    """One level of a definition in the making: the nodes are numbered in an order in which edges lead forward, 0 is the
    start, the last one the end."""

    def __init__(self, maker: Maker, count: int, depth: int) -> None:
        self._maker = maker
        self._rng = maker.rng
        self._depth = depth
        first, last = ("entry", "end") if depth == 0 else (maker.new_id(), LOOP_END)
        self._names = [first, *(maker.new_id() for _ in range(count - 1 if depth else count)), last]
        self._before = [self._some(number) for number in range(len(self._names) - 1)]
        self._after: list[list[int]] = [[] for _ in self._names]
        for node, parents in enumerate(self._before, start=1):
            for parent in parents:
                self._after[parent].append(node)

    def _some(self, number: int) -> list[int]:
        """One to three of the nodes 0 to `number`, the last being the likeliest: chains, and joins of all kinds."""
        bits = self._rng.getrandbits(12)
        chosen = {number - (bits & 3) if bits & 4 else (bits >> 3) % (number + 1)}
        if bits & 64:
            chosen.add((bits >> 7) % (number + 1))
        if bits & 0x600 == 0:
            chosen |= {number, number // 2}
        return sorted({max(node, 0) for node in chosen})

    @property
    def _goes_on(self) -> bool:
        """Whether every way leads to the end."""
        return self._depth > 0 or self._maker.steady

    def nodes(self) -> list[Definition]:
        """The nodes as they stand in the definition."""
        made = [self._node(number) for number in range(len(self._names) - 1)]
        self._lead_back(made)
        if self._depth == 0:
            directive = self._directive(len(self._names) - 1)
            made.append(end(**({} if directive is None else {"input": directive}), **self._code(len(made))))
            return made
        rest = made[1:]
        self._rng.shuffle(rest)
        return [made[0], *rest]

    def _node(self, number: int) -> Definition:
        name = self._names[number]
        following = [self._names[after] for after in self._after[number]]
        if self._goes_on and not following:
            following = [self._names[-1]]
        if self._depth == 0 and number == 0:
            return {**entry(*following), **self._code(0)}
        fields: dict[str, Any] = {"params": {"size": [1, {"w": number}]}, **self._code(number)}
        directive = self._directive(number)
        if directive is not None:
            fields["input"] = directive
        kind = self._rng.randrange(12)
        if kind < 3:
            return plain(name, *following, **fields)
        if kind < 6:
            return self._branch(name, following, fields)
        if kind < 8 and self._depth < MAX_DEPTH:
            return self._loop(name, following, fields)
        return self._call(kind, name, following, fields)

    def _call(self, kind: int, name: str, following: list[str], fields: dict[str, Any]) -> Definition:
        sub = self._maker.call()
        number = self._rng.randrange(12)
        retry = {"attempts": 1 + number % 4, "delay": float(number // 3), "factor": 2.0, "max_delay": 5.0}
        fields |= {"retry": retry, "timeout": (5.0, 7.5, 600.0)[number % 3]}
        if kind == 8:
            if number % 2:
                del fields["retry"]
            return http(name, *following, verb=("GET", "POST")[number % 4 == 1], **fields)
        if sub is not None:
            fields["service"] = sub
        elif kind < 11:
            fields["service"] = SERVICES[kind % 3]
        return service(name, *following, **fields)

    def _branch(self, name: str, following: list[str], fields: dict[str, Any]) -> Definition:
        """Both sides may lead to some of what follows."""
        sides = [[after for after in following if self._maker.likely(0.6)] for _ in range(2)]
        rest = [after for after in following if after not in sides[0] and after not in sides[1]]
        sides[0] += rest
        made: list[Any] = []
        for side in sides:
            filled: Definition = {"next": side or (following[:1] if self._goes_on else [])}
            if self._maker.likely(0.2):
                filled["out"] = {"side": "node.id"}
            if self._maker.likely(0.15):
                filled["exec"] = "node.out.x = 1"
            made.append(filled)
        fields |= {"if": "True", "then": made[0], "else": made[1], "max_turns": self._rng.randrange(2, 6)}
        return {"id": name, "type": "branch", **fields}

    def _loop(self, name: str, following: list[str], fields: dict[str, Any]) -> Definition:
        body = _Level(self._maker, self._rng.randrange(1, 4), self._depth + 1).nodes()
        items = "node._loop" if self._depth else "entry.out.list"
        if self._maker.steady and self._depth == 0:
            fields["params"]["list"] = [[[1], []], [[2]]]
            items = "node.params.list"
        elif not self._maker.steady and self._maker.likely(0.3):
            items = self._rng.choice(["entry.out.a", "entry.out.list"])
        fields |= {"items": items, "nodes": body, "collect": {}}
        for node in body:
            if self._maker.likely(0.4):
                fields["collect"][node["id"]] = f"{node['id']}.out{self._rng.choice(['', '.a', '.who'])}"
        if self._maker.likely(0.4):
            fields["max_parallel"] = self._rng.randrange(1, 3)
        return {"id": name, "type": "loop", "next": following, **fields}

    def _code(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for step in ("before", "after"):
            if self._maker.likely(0.07):
                found[step] = "node.params.n = 1"
        if number > 0 and not self._maker.steady and self._maker.likely(0.1):
            known = [name for name in self._names if name != LOOP_END]
            named = self._rng.sample(known, min(len(known), self._rng.randrange(1, 3)))
            found["ready"] = " or ".join(f"{name}.finished" for name in named)
        return found

    def _directive(self, number: int) -> dict[str, str] | None:
        """None, or paths of which some find nothing when the result of a service is not what was hoped for."""
        if number == 0 or self._maker.likely(0.6):
            return None
        parents = self._before[number - 1]
        parent = self._names[self._rng.choice(parents)]
        if self._maker.steady:
            return self._rng.choice([{"who": f"{parent}.id"}, {"size": f"{parent}.params", "kind": "node.type"}])
        if self._maker.likely(0.7):
            return self._rng.choice([{"who": f"{parent}.id"}, {"x": f"{parent}.type", "done": f"{parent}.finished"}])
        return self._rng.choice(
            [
                {"x": f"{parent}.out"},
                {"x": f"{parent}.out", "same": f"{parent}.input"},
                {"a": f"pipeline.nodes.{parent}.out.a.0"},
                {"a": "entry.out.a"},
            ]
        )

    def _lead_back(self, made: list[Definition]) -> None:
        """Let some sides of branches, and some nodes behind them, name an ancestor in place of what followed."""
        if self._maker.steady or not self._maker.likely(0.7):
            return
        first = 1 if self._depth == 0 else 0
        for number in range(first, len(made)):
            if self._maker.likely(0.5):
                continue
            target = self._names[self._rng.randrange(first, number + 1)]
            if made[number]["type"] == "branch":
                side = made[number][self._rng.choice(["then", "else"])]
                side["next"] = [target] if self._maker.likely(0.7) else list(dict.fromkeys([*side["next"], target]))
            elif target != self._names[number] and made[number]["type"] != "entry":
                made[number]["next"] = [target]


def sound(maker: Maker, most: int = 12) -> Definition:
    """A definition that has no fault."""
    while True:
        document = maker.document(most)
        if not check(document):
            return document


def pipelines(seed: int, steady: bool = False) -> dict[str, Pipeline]:
    """A random pipeline under the route `story`, and those that its nodes call."""
    return {**_called(seed % CALLED, steady), "story": _loaded(Maker(Random(seed), steady), "story", 12)}


@lru_cache(maxsize=2 * CALLED)
def _called(seed: int, steady: bool) -> dict[str, Pipeline]:
    rng = Random(f"called {seed}")
    return {route: _loaded(Maker(rng, steady, SUBS[:number]), route, 2) for number, route in enumerate(SUBS)}


def _loaded(maker: Maker, route: str, most: int) -> Pipeline:
    document = sound(maker, most)
    next(node for node in document["nodes"] if node["type"] == "entry")["api"]["route"] = route
    return load(document, route, 1)
