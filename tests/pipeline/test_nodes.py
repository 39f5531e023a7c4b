"""The graph of a definition that has passed the check."""

import pytest
from pydantic import ValidationError

from engine.pipeline.nodes import EndNode, PlainNode, Retry, ServiceNode, load
from tests.pipeline.definitions import FACE_BLUR, chain, node

PIPELINE = load(FACE_BLUR, "id-1", 3)


def test_nodes_stand_in_the_order_of_the_definition() -> None:
    assert (PIPELINE.id, PIPELINE.route, PIPELINE.version) == ("id-1", "face-blur", 3)
    assert list(PIPELINE.nodes) == ["entry", "detect", "note", "blur", "end"]
    assert PIPELINE.entry.api.body == ["image", "areas"]
    assert isinstance(PIPELINE.end, EndNode)
    assert isinstance(PIPELINE.nodes["note"], PlainNode)


def test_edges_are_known_in_both_directions() -> None:
    assert PIPELINE.successors("entry") == ["detect", "note"]
    assert PIPELINE.successors("end") == []
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


def test_nodes_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        PIPELINE.entry.id = "other"  # type: ignore[misc]


def test_a_node_without_a_type_is_a_plain_one() -> None:
    assert isinstance(load(chain(node("a", "end")), "id", 1).nodes["a"], PlainNode)
