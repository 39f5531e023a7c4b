"""The shipped pipelines are loaded whether or not all of their services are there, and wait for those that are not."""

import ast
from pathlib import Path

from tests.e2e.processes import ROOT, wait_for
from tests.e2e.scripts import raw, status_of
from tests.pipelines import pictures
from tests.pipelines.pictures import jpeg
from tests.pipelines.system import System
from tools.shipped import OFFERS, pipelines

NOTE = " (its tasks wait until face-analyze is announced)"


def test_all_are_loaded(system: System) -> None:
    client = system.engine.client
    for route, definition in pipelines().items():
        stored = client.get(f"/services/{route}").json()
        assert stored["type"] == "pipeline" and stored["nodes"] == definition["nodes"]
    assert set(system.loaded) == set(pipelines())


def test_loaded_again_they_are_unchanged(system: System) -> None:
    assert system.load() == dict.fromkeys(pipelines(), "unchanged")


def test_a_pipeline_whose_service_is_away_waits_for_it(system: System) -> None:
    system.analysis.stop()
    try:
        system.wait_for_analysis(there=False)
        outcomes = system.load()
        job = system.submit("describe-faces", jpeg(pictures.sample()))
        wait_for(lambda: waiting(system, job, "look0") == "service face-analyze is away", "the node tells who is away")
        assert status_of(system.engine, job)["status"] == "running"
    finally:
        system.analysis.start()
    assert outcomes["describe-faces"] == outcomes["blur-women"] == "unchanged" + NOTE
    assert outcomes["face-thumbnail"] == outcomes["face-blur"] == "unchanged"
    assert system.result(job)["sentence"].startswith("There is 1 face: a woman")


def waiting(system: System, job: str, node: str) -> str | None:
    """What a node waits for; None where it does not wait, or is not there yet."""
    found: str | None = raw(system.engine, job)["nodes"].get(node, {}).get("waiting")
    return found


def test_what_is_waited_for_is_what_the_services_offer() -> None:
    for program, offered in OFFERS.items():
        files = [path for path in (ROOT / "services").glob(f"**/{program}/*.py") if ".venv" not in path.parts]
        assert {route for path in files for route in operations(path)} == offered, program


def operations(path: Path) -> list[str]:
    """The routes of the operations that a module declares: the first argument of each `.operation(...)`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "operation"
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]
