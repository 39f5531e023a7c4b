"""The node types, and the graph of a definition that has passed the check."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.pipeline.flow import load
from engine.pipeline.nodes import BranchNode, HttpNode, LoopNode, PlainNode, Retry, ServiceNode, read_node
from tests.pipeline.definitions import FACE_BLUR, branch, chain, definition, http, loop, node

PIPELINE = load(FACE_BLUR, "id-1", 3)


def test_nodes_stand_in_the_order_of_the_definition() -> None:
    assert (PIPELINE.id, PIPELINE.route, PIPELINE.version) == ("id-1", "face-blur", 3)
    assert list(PIPELINE.nodes) == ["entry", "detect", "note", "blur", "end"]
    assert PIPELINE.entry.api.body == ["image", "areas"]
    assert (PIPELINE.start, PIPELINE.end) == ("entry", "end")
    assert isinstance(PIPELINE.nodes["note"], PlainNode)


def test_edges_are_known_in_both_directions() -> None:
    assert PIPELINE.successors["entry"] == ("detect", "note")
    assert PIPELINE.successors["end"] == ()
    assert PIPELINE.predecessors == {
        "entry": (),
        "detect": ("entry",),
        "note": ("entry",),
        "blur": ("detect", "note"),
        "end": ("blur",),
    }


def test_services_have_defaults() -> None:
    blur, detect = PIPELINE.nodes["blur"], PIPELINE.nodes["detect"]
    assert isinstance(blur, ServiceNode) and isinstance(detect, ServiceNode)
    assert (blur.service, blur.url, blur.timeout, blur.retry) == ("image-blur", None, 600, Retry())
    assert (detect.timeout, detect.retry) == (60, Retry(attempts=3, delay=1))
    assert Retry() == Retry(attempts=5, delay=1, factor=2, max_delay=60)


def test_an_http_node_has_defaults() -> None:
    found = read_node(http("a", "end"))
    assert isinstance(found, HttpNode)
    assert (found.verb, found.headers, found.retry, found.timeout) == ("GET", {}, None, 30)


@pytest.mark.parametrize("side", ["node.out = {}", {"exec": "node.out = {}"}])
def test_a_side_that_is_a_string_is_code(side: Any) -> None:
    found = read_node(branch("a", side))
    assert isinstance(found, BranchNode)
    assert (found.if_, found.then.exec, found.then.next, found.else_.exec) == ("True", "node.out = {}", None, None)


def test_nodes_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        PIPELINE.entry.id = "other"  # type: ignore[misc]


def test_a_node_without_a_type_is_a_plain_one() -> None:
    assert isinstance(load(chain(node("a", "end")), "id", 1).nodes["a"], PlainNode)


def test_bodies_are_levels_of_their_own() -> None:
    inner = loop("inner", node("c", "loopEnd"), next=["loopEnd"], items="node._loop")
    pipeline = load(chain(loop("outer", node("b", "inner"), inner)), "id", 1)
    outer = pipeline.bodies["outer"]
    assert isinstance(pipeline.nodes["outer"], LoopNode)
    assert list(pipeline.levels) == ["", "outer", "inner"]
    assert (outer.start, outer.end, outer.outer) == ("b", "loopEnd", pipeline)
    assert outer.bodies["inner"].successors["c"] == ("loopEnd",)
    assert outer.bodies["inner"].ids == {"entry", "outer", "end", "b", "inner", "c"}


def test_a_definition_in_any_order_is_loaded() -> None:
    assert load(definition(*reversed(FACE_BLUR["nodes"])), "id", 1).start == "entry"
