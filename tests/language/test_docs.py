"""The guide, docs/language.md: every pipeline in it is accepted, and what it says that one gives, it gives."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.processes import ROOT, Engine
from tests.e2e.scripts import Json
from tests.language.toys import run

GUIDE = (ROOT / "docs" / "language.md").read_text()
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SENT = re.compile(r"-d '(\{.*?\})' http://127\.0\.0\.1:8080/services/(\S+)$", re.MULTILINE)


@dataclass
class Example:
    """A pipeline, and where the guide runs it what is sent and what comes."""

    definition: Json
    sent: Any = None
    result: Any = None

    @property
    def route(self) -> str:
        """Its route."""
        route: str = self.definition["nodes"][0]["api"]["route"]
        return route


def examples() -> list[Example]:
    """The pipelines of the guide, in its order."""
    found: list[Example] = []
    for kind, text in _FENCE.findall(GUIDE):
        if kind == "json":
            value = json.loads(text)
            if value.get("type") == "pipeline":
                found.append(Example(value))
            else:
                found[-1].result = value
        elif sent := _SENT.search(text):
            assert sent[2] == found[-1].route, text
            found[-1].sent = json.loads(sent[1])
    return found


EXAMPLES = {example.route: example for example in examples()}
RUN = [route for route, example in EXAMPLES.items() if example.sent is not None]


def here(example: Example, engine: Engine) -> Json:
    """The definition for an engine on another port."""
    definition: Json = json.loads(json.dumps(example.definition).replace("127.0.0.1:8080", f"127.0.0.1:{engine.port}"))
    return definition


@pytest.fixture(scope="module")
def opened(system: Engine) -> Engine:
    """The engine with all pipelines of the guide that are run."""
    for route in RUN:
        answer = system.client.post("/services", json=here(EXAMPLES[route], system))
        assert answer.status_code == 200, answer.text
    return system


@pytest.mark.parametrize("route", EXAMPLES)
def test_every_pipeline_is_accepted(system: Engine, route: str) -> None:
    answer = system.client.post("/services", params={"dry_run": "true"}, json=here(EXAMPLES[route], system))
    assert answer.status_code == 200 and answer.json() == {"ok": True, "faults": []}, answer.text


@pytest.mark.parametrize("route", RUN)
def test_what_the_guide_says_comes(opened: Engine, route: str) -> None:
    example = EXAMPLES[route]
    assert example.result is not None
    assert run(opened, route, example.sent) == example.result


def test_all_types_of_nodes_are_shown_and_most_are_run() -> None:
    shown = {node.get("type", "node") for example in EXAMPLES.values() for node in example.definition["nodes"]}
    assert shown == {"entry", "end", "node", "service", "http", "branch", "loop"}
    assert len(RUN) >= 9 and len(RUN) >= len(EXAMPLES) - 2


def test_links_lead_somewhere() -> None:
    heads = {"-".join(re.findall(r"[\w-]+", head.lower())) for head in re.findall(r"^##+ (.*)$", GUIDE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", GUIDE)) <= heads
    for name in re.findall(r"\]\(([\w./-]+\.md)\)", GUIDE):
        assert (ROOT / "docs" / name).exists(), name
