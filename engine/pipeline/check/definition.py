"""Every fault of a definition, all at once, in the order of the document.

A definition is `{"type": "pipeline", "nodes": [...]}` and holds nothing else. `fields.py` judges each node by itself,
`levels.py` what they are called, `sides.py` and `graph.py` how they follow each other, `programs.py` their code,
`references.py` the paths between them.

Allowed, although of no use: a node other than the end from which no way leads on, unless it is in the body of a loop.
Its work is done and waited for by nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from engine.errors import Fault
from engine.pipeline.check.fields import node_faults
from engine.pipeline.check.graph import graph_faults
from engine.pipeline.check.levels import MISPLACED, Levels, count
from engine.pipeline.check.order import Orders
from engine.pipeline.check.programs import Programs
from engine.pipeline.check.references import References, Results, operation
from engine.pipeline.check.sides import graph_of
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.paths import describe

MAX_NODES = 1_000
MAX_FAULTS = 500
MAX_OF_A_KIND = 5_000
"""Faults of one kind that are looked for: more are only found when these are mended."""

_FIELDS = ("type", "nodes")


def check(document: Any, results: Results | None = None) -> list[Fault]:
    """What is wrong with a definition, as parsed from JSON; empty if it can be stored. Never raises.

    `results` are the descriptions (JSON Schema) of what services give, by the route and by the URL of the operation.
    One cause gives one fault. Of more than 500 faults the first 500 are listed, and a last one that says so.
    """
    if not isinstance(document, dict):
        return [Fault("", f"a definition must be an object, not {describe(document)}")]
    hints = Hints()
    faults = _top_faults(document, hints)
    nodes = document.get("nodes")
    if isinstance(nodes, list) and 0 < count(nodes) <= MAX_NODES:
        for found in _node_faults(nodes, results or {}, hints):
            faults.extend(islice(found, MAX_OF_A_KIND))
    faults.sort(key=_Order(document))
    if len(faults) > MAX_FAULTS:
        more = len(faults) - MAX_FAULTS
        faults = [*faults[:MAX_FAULTS], Fault("", f"there are {more:,} more faults, shown when these are mended")]
    return faults


def described_faults(document: Mapping[str, Any], results: Results) -> list[Fault]:
    """The paths of a definition that has passed the check to what services say that they do not give.

    `results` as for `check`.
    """
    hints = Hints()
    levels = Levels(document["nodes"], hints)
    if not any(operation(node) in results for level in levels.all for _, node in level.objects()):
        return []
    return list(References(levels, None, Programs(levels), results, hints).described())


def _node_faults(nodes: list[Any], results: Results, hints: Hints) -> Iterator[Iterable[Fault]]:
    """The faults of nodes, kind by kind. Each kind is to be used up before the next one is asked for."""
    levels = Levels(nodes, hints)
    yield levels.faults
    graphs = []
    for level in levels.all:
        for position, node in enumerate(level.nodes):
            if level.outer is None or level.kinds[position] not in MISPLACED:
                yield node_faults((*level.place, position), node, hints)
        graph, of_names = graph_of(level, levels, hints)
        graphs.append(graph)
        yield of_names
        yield graph_faults(graph)
    programs = Programs(levels)
    yield programs.faults
    yield References(levels, Orders(graphs), programs, results, hints).faults()


def route_of(document: Mapping[str, Any]) -> str:
    """The route of a definition that has passed the check."""
    entry = next(node for node in document["nodes"] if node.get("type") == "entry")
    return str(entry["api"]["route"])


def _top_faults(document: dict[str, Any], hints: Hints) -> list[Fault]:
    faults = []
    for name in document:
        if name not in _FIELDS:
            meant = hints.did_you_mean(name, _FIELDS) or f"; known are {listed(_FIELDS)}"
            faults.append(Fault(pointer(name), f"{quoted(name)} is no field of a definition{meant}"))
    kind = document.get("type")
    if "type" not in document:
        faults.append(Fault("/type", '`type` is missing; add "type": "pipeline"'))
    elif kind != "pipeline":
        shown = quoted(kind) if isinstance(kind, str) else describe(kind)
        faults.append(Fault("/type", f'the type of a definition must be "pipeline", not {shown}'))
    if problem := _nodes_problem(document):
        faults.append(Fault("/nodes", problem))
    return faults


def _nodes_problem(document: dict[str, Any]) -> str | None:
    if "nodes" not in document:
        return "`nodes` is missing; add the list of the nodes"
    nodes = document["nodes"]
    if not isinstance(nodes, list):
        return f"`nodes` must be a list, not {describe(nodes)}"
    if not nodes:
        return "`nodes` is empty; a pipeline has at least an entry and an end"
    if (total := count(nodes)) > MAX_NODES:
        inner = ", those in the bodies of loops included" if total > len(nodes) else ""
        return f"the pipeline has {total:,} nodes{inner}; the limit is {MAX_NODES:,}"
    return None


class _Order:
    """Sorts faults by the place in the document that they point to; what is missing comes first in its object."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._places: dict[int, dict[str, int]] = {}

    def __call__(self, fault: Fault) -> list[int]:
        place: Any = self._document
        found: list[int] = []
        for part in fault.pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict):
                found.append(self._place(place).get(key, -1))
                place = place.get(key)
            elif isinstance(place, list):
                found.append(int(key))
                place = place[int(key)]
            else:
                break
        return found

    def _place(self, place: dict[str, Any]) -> dict[str, int]:
        if id(place) not in self._places:
            self._places[id(place)] = {key: position for position, key in enumerate(place)}
        return self._places[id(place)]
