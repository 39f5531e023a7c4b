"""The pipelines that ship with the project are definitions that the engine takes, and say what they do."""

from typing import Any

import pytest

from engine.pipeline.check import check
from engine.pipeline.nodes import ServiceNode, load
from tools.shipped import pipelines, route_of, services_of

SHIPPED = pipelines()
OPERATIONS = {
    "face-detect",
    "image-analyze",
    "image-blur",
    "image-convert",
    "image-crop",
    "image-greyscale",
    "image-resize",
}

each = pytest.mark.parametrize("definition", SHIPPED.values(), ids=SHIPPED.keys())


def test_these_ship() -> None:
    assert set(SHIPPED) == {"blur-and-analyze", "face-blur", "to-jpg"}


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
    pipeline = load(definition, "id", 1)
    used = [node.service for node in pipeline.nodes.values() if isinstance(node, ServiceNode)]
    assert used == list(services_of(definition))
    assert used
    assert set(used) <= OPERATIONS


def test_one_has_two_branches_that_join() -> None:
    pipeline = load(SHIPPED["blur-and-analyze"], "id", 1)
    assert len(pipeline.successors("entry")) == 2
    assert set(pipeline.predecessors["join"]) == {"blur", "grey"}
