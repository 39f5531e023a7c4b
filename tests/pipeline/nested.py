"""Random definitions that are right: nested loops, branches, ways back, code."""

from typing import Any

from hypothesis import strategies as st

from tests.pipeline.definitions import branch, definition, http, loop, node, service

Document = dict[str, Any]
MAX_DEPTH = 3


class _Names:
    """Ids that are unique in the whole definition."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        """The next id."""
        self.count += 1
        return f"step{self.count}"


def _level(draw: st.DrawFn, names: _Names, outside: list[str], start: str | None, depth: int) -> list[Any]:
    """The nodes of one level. In a body the first starts, and the last ones lead to `loopEnd`; else `start` is the
    entry and `end` the end. `outside` may be read, and so may what has run before on this level."""
    ids = [names.new() for _ in range(draw(st.integers(1, 4)))]
    first, last = (start, "end") if start is not None else (ids[0], "loopEnd")
    places = ids if start is not None else ids[1:]
    following: dict[str, list[str]] = {one: [] for one in [first, *places]}
    above: dict[str, set[str]] = {first: set()}
    for place, one in enumerate([*places, last]):
        known = [first, *places[:place]]
        before = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
        if one == last:
            before += [other for other in known if not following[other] and other not in before]
        above[one] = set(before).union(*(above[other] for other in before))
        for other in before:
            following[other].append(one)
    nodes = [_node(draw, names, one, following[one], sorted({*outside, *above[one]}), depth) for one in ids]
    _lead_back(draw, nodes, above)
    if start is None:
        return [nodes[0], *draw(st.permutations(nodes[1:]))]
    read = sorted(above["end"])
    end = {"id": "end", "type": "end", "input": {"result.jpg": f"{draw(st.sampled_from(read))}.finished"}}
    entry = {"id": start, "type": "entry", "api": {"route": "r", "body": "image"}, "next": following[start]}
    return draw(st.permutations([entry, *nodes, end]))


def _node(draw: st.DrawFn, names: _Names, one: str, following: list[str], readable: list[str], depth: int) -> Any:
    read = draw(st.lists(st.sampled_from(readable), max_size=2)) if readable else []
    fields: dict[str, Any] = {"input": {f"x{place}": _path(draw, other) for place, other in enumerate(read)}}
    if draw(st.booleans()):
        fields["after"] = "".join(f"node.out.y = {other}.out\n" for other in readable[:2]) or "pass"
    kind = draw(st.sampled_from(["node", "service", "http", "branch", "loop"]))
    if kind == "loop" and depth < MAX_DEPTH:
        body = _level(draw, names, readable, None, depth + 1)
        collect = {"y": f"loop.{body[0]['id']}.out", "z": f"{body[-1]['id']}.out"}
        return loop(one, *body, **fields, collect=collect, items="node.input.x0", next=following)
    if kind == "branch":
        sides = draw(st.sampled_from(["both", "own", "code"]))
        if sides == "both":
            return branch(one, following, following[:1], **fields)
        return branch(one, "x = 1" if sides == "code" else {"next": following[-1:]}, next=following, **fields)
    make = {"service": service, "http": http}.get(kind, node)
    return make(one, *following, **fields)


def _path(draw: st.DrawFn, node_id: str) -> str:
    return f"{node_id}.{draw(st.sampled_from(['out', 'input', 'id', 'finished']))}"


def _lead_back(draw: st.DrawFn, nodes: list[Any], above: dict[str, set[str]]) -> None:
    """Let one branch name an ancestor on one of its sides."""
    inner = {one["id"] for one in nodes}
    for one in nodes:
        back = sorted(above.get(one["id"], set()) & inner)
        if one.get("type") == "branch" and back and draw(st.booleans()):
            one["else"] = {"next": [draw(st.sampled_from(back))]}
            if "next" in one:
                one["then"] = {"next": one["next"]}
            return


@st.composite
def definitions(draw: st.DrawFn) -> Document:
    """A right definition, in any order; each node may read what has run before it, on its level and around it."""
    return definition(*_level(draw, _Names(), ["entry"], "entry", 0))


def levels(nodes: list[Any]) -> list[list[Any]]:
    """All lists of nodes, bodies too."""
    found = [nodes]
    for one in nodes:
        if isinstance(one.get("nodes"), list):
            found += levels(one["nodes"])
    return found
