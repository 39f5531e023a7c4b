"""The pipelines that ship with the project are definitions that the engine takes, and say what they do."""

from typing import Any

import pytest

from engine.pipeline.check import check
from engine.pipeline.flow import load
from tests.pipelines.offered import offered_by
from tools.shipped import nodes_of, pipelines, route_of, services_of

SHIPPED = pipelines()
OPERATIONS = offered_by()
FOR_FACES = ("blur-women", "describe-faces", "face-thumbnail")

each = pytest.mark.parametrize("definition", SHIPPED.values(), ids=SHIPPED.keys())


def test_these_ship() -> None:
    assert set(SHIPPED) == {"blur-and-analyze", "face-blur", "retrain-digits", "to-jpg", *FOR_FACES}


@each
def test_the_definition_has_no_fault(definition: dict[str, Any]) -> None:
    assert check(definition) == []


def test_a_fault_would_be_found() -> None:
    definition = pipelines()["face-blur"]
    definition["nodes"][1]["next"] = ["blurr"]
    assert check(definition)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_route_is_the_file_name(name: str) -> None:
    assert route_of(SHIPPED[name]) == name


@each
def test_it_is_described(definition: dict[str, Any]) -> None:
    api = load(definition, "id", 1).entry.api
    assert len(api.summary) > 10
    assert "Result" in api.description


@each
def test_it_uses_operations_that_the_services_offer(definition: dict[str, Any]) -> None:
    used = list(services_of(definition))
    assert used
    assert set(used) <= OPERATIONS


def test_operations_in_the_body_of_a_loop_are_used_too() -> None:
    assert list(services_of(SHIPPED["describe-faces"])) == [
        "image-analyze",
        "image-convert",
        "face-detect",
        "image-crop",
        "face-analyze",
    ]


@pytest.mark.parametrize("name", FOR_FACES)
def test_those_for_faces_convert_and_crop_alike(name: str) -> None:
    """What one was shown to do with pictures of all kinds, all of them do."""
    model = {node["id"]: node for node in nodes_of(SHIPPED["face-thumbnail"])}
    nodes = {node["id"]: node for node in nodes_of(SHIPPED[name])}
    for node_id in ("analyze", "isJpeg", "convert", "picture", "detect"):
        assert nodes[node_id] == model[node_id]
    assert {**nodes["crop"], "next": []} == {**model["crop"], "next": []}


def test_one_has_two_branches_that_join() -> None:
    pipeline = load(SHIPPED["blur-and-analyze"], "id", 1)
    assert len(pipeline.successors["entry"]) == 2
    assert set(pipeline.predecessors["join"]) == {"blur", "grey"}
