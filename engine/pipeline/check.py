"""Every fault of a definition, all at once, in the order of the document.

A definition is `{"type": "pipeline", "nodes": [...]}` and holds nothing else. `fields.py` judges each node by itself,
`graph.py` what they make together, `references.py` the paths between them.

Allowed, although of no use: a node other than the end from which no way leads on. Its work is done and waited for by
nobody.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import Fault
from engine.pipeline.fields import node_faults
from engine.pipeline.graph import graph_of
from engine.pipeline.jsontext import pointer
from engine.pipeline.names import Hints, listed, quoted
from engine.pipeline.paths import describe
from engine.pipeline.references import References

MAX_NODES = 1_000
MAX_FAULTS = 500

_FIELDS = ("type", "nodes")


def check(document: Any) -> list[Fault]:
    """What is wrong with a definition, as parsed from JSON; empty if it can be stored. Never raises.

    One cause gives one fault. Of more than 500 faults the first 500 are listed, and a last one that says so.
    """
    if not isinstance(document, dict):
        return [Fault("", f"a definition must be an object, not {describe(document)}")]
    hints = Hints()
    faults = _top_faults(document, hints)
    nodes = document.get("nodes")
    if isinstance(nodes, list) and 0 < len(nodes) <= MAX_NODES:
        for position, node in enumerate(nodes):
            faults.extend(node_faults(position, node, hints))
        graph, of_graph = graph_of(nodes, hints)
        faults.extend(of_graph)
        faults.extend(References(nodes, graph, hints).faults())
    faults.sort(key=_Order(document))
    if len(faults) > MAX_FAULTS:
        more = len(faults) - MAX_FAULTS
        faults = [*faults[:MAX_FAULTS], Fault("", f"there are {more:,} more faults, shown when these are mended")]
    return faults


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
    if len(nodes) > MAX_NODES:
        return f"the pipeline has {len(nodes):,} nodes; the limit is {MAX_NODES:,}"
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
