"""The pipelines of the proofs, and what is right for each task of them.

chain   three calls, one after the other            loop    a call for each of some items
join    a call for each of some nodes at once       turns   a branch with a way back, and code that counts
sub     a chain as a sub-pipeline                   files   a file goes through two calls, and is measured
probe   one call, to see whether anything moves
hasty   a chain that gives up soon, and may
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.scripts import entry, pipeline

Json = dict[str, Any]

RETRY: Json = {"attempts": 100, "delay": 0.1, "max_delay": 1}
"""For services that are right, as long as the proof takes."""

SHARES = {"chain": 50, "join": 10, "loop": 10, "turns": 10, "sub": 10, "files": 10}
LIGHT = {"chain": 60, "join": 4, "loop": 4, "turns": 8, "sub": 12, "files": 12}
JOIN, LOOP, TURNS = 50, 100, 4
END: Json = {"id": "end", "type": "end"}


@dataclass(frozen=True)
class Piece:
    """One task to be run: the `number`th of a workload."""

    number: int
    route: str

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return f"key-{self.route}-{self.number}"

    @property
    def body(self) -> Json:
        """The JSON that is sent, empty where it is a file."""
        if self.route == "loop":
            return {"items": list(range(self.number, self.number + LOOP))}
        return {} if self.route == "files" else {"n": self.number}

    @property
    def content(self) -> bytes:
        """The file that is sent."""
        return random.Random(self.number).randbytes(1_000 + 37 * (self.number % 1_000))

    @property
    def right(self) -> Json:
        """The result, without marks; a file is told by `content`."""
        n = self.number
        results: Json = {
            "join": {"n": JOIN * (n + 1)},
            "loop": {f"n{index}": n + index + 1 for index in range(LOOP)},
            "turns": {"seen": [turn + 1 for turn in range(1, TURNS + 1)]},
            "files": {"size": len(self.content)},
            "probe": {"n": n + 1},
        }
        return dict(results.get(self.route, {"n": n + 3}))

    @property
    def ends(self) -> Counter[str]:
        """How often each node finishes; `` is the task itself."""
        again = TURNS if self.route == "turns" else 1
        counts = Counter({name: again for name in _NODES[self.route]})
        counts += Counter(f"x{index}" for index in range(LOOP if self.route == "loop" else 0))
        return counts + Counter(["", "entry", "end"])


_NODES: dict[str, Sequence[str]] = {
    "chain": ("a", "b", "c"),
    "join": (*(f"p{number}" for number in range(JOIN)), "total"),
    "loop": ("each",),
    "turns": ("start", "x", "back"),
    "sub": ("inner",),
    "files": ("turn", "size", "again"),
    "probe": ("a",),
    "hasty": ("a", "b", "c"),
}


def call(node_id: str, url: str, following: str, **fields: Any) -> Json:
    """A service node."""
    return {"id": node_id, "type": "service", "url": url, "next": [following], "retry": RETRY, **fields}


def chain(url: str, route: str = "chain", **fields: Any) -> list[Json]:
    """`n + 3`. What each step was given as `mark` is the one that the step before is recorded with."""
    step = f"{url}/step"
    return [
        entry(route, {"n": 1}, "a"),
        call("a", step, "b", input={"n": "entry.out.n"}, **fields),
        call("b", step, "c", input={"n": "a.out.n", "mark": "a.out.mark"}, **fields),
        call("c", step, "end", input={"n": "b.out.n", "mark": "b.out.mark"}, **fields),
        {**END, "input": {"n": "c.out.n", "mark": "c.out.mark"}},
    ]


def join(url: str, width: int = JOIN, route: str = "join", operation: str = "step", **fields: Any) -> list[Json]:
    """So many calls of an operation at once, and one that has all their results."""
    names = [f"p{number}" for number in range(width)]
    inputs = {name: f"{name}.out.n" for name in names}
    return [
        entry(route, {"n": 1}, *names),
        *(call(name, f"{url}/{operation}", "total", input={"n": "entry.out.n"}, **fields) for name in names),
        call("total", f"{url}/total", "end", input=inputs, **fields),
        {**END, "input": {"n": "total.out.n", "mark": "total.out.mark"}},
    ]


def loop(url: str, **fields: Any) -> list[Json]:
    """A call for each item, as many at once as the engine likes."""
    body = [call("x", f"{url}/step", "loopEnd", input={"n": "node._loop"}, **fields)]
    each = {"id": "each", "type": "loop", "items": "entry.out.items", "nodes": body, "collect": {"n": "x.out.n"}}
    return [entry("loop", {"items": [1]}, "each"), {**each, "next": ["end"]}, END]


def turns(url: str) -> list[Json]:
    """Code counts the turns of a way back: none is lost and none is counted twice."""
    count = "pipeline.turns = pipeline.get('turns', 0) + 1\ninput['n'] = pipeline.turns"
    back: Json = {"id": "back", "type": "branch", "if": f"pipeline.turns < {TURNS}", "next": []}
    back |= {"then": {"next": ["start"]}, "else": {"next": ["end"]}}
    return [
        entry("turns", {"n": 1}, "start"),
        {"id": "start", "next": ["x"], "before": count},
        call("x", f"{url}/step", "back"),
        {**back, "before": "pipeline.seen = pipeline.get('seen', []) + [input.n]"},
        {**END, "input": {"seen": "pipeline.seen"}},
    ]


def sub() -> list[Json]:
    """The chain as one node."""
    inner = {"id": "inner", "type": "service", "service": "chain", "next": ["end"], "timeout": 86_400}
    return [entry("sub", {"n": 1}, "inner"), inner, {**END, "input": {"n": "inner.out.n", "mark": "inner.out.mark"}}]


def files(url: str) -> list[Json]:
    """Twice turned round the file is as it was."""
    return [
        entry("files", "file", "turn", "size"),
        call("turn", f"{url}/reverse", "again", input={"file": "entry.out.file"}),
        call("size", f"{url}/measure", "end", input={"file": "entry.out.file"}),
        call("again", f"{url}/reverse", "end", input={"file": "turn.out.result"}),
        {**END, "input": {"file": "again.out.result", "size": "size.out.size"}},
    ]


def probe(url: str) -> list[Json]:
    """One call."""
    step = call("a", f"{url}/step", "end", input={"n": "entry.out.n"})
    return [entry("probe", {"n": 1}, "a"), step, {**END, "input": {"n": "a.out.n"}}]


def definitions(url: str) -> list[Json]:
    """All of them, for a service at this URL, in an order in which they can be posted."""
    every = (chain(url), join(url), loop(url), turns(url), sub(), files(url), probe(url))
    return [pipeline(*nodes) for nodes in every]


def workload(tasks: int, chance: random.Random, shares: dict[str, int] = SHARES, first: int = 1) -> list[Piece]:
    """So many tasks of these routes, by their shares, in an order of chance."""
    names = chance.choices(list(shares), list(shares.values()), k=tasks)
    return [Piece(number, name) for number, name in enumerate(names, first)]
