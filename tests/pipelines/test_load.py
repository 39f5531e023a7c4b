"""The shipped pipelines are loaded whether or not all of their services are there, and wait for those that are not."""

from tests.e2e.processes import wait_for
from tests.e2e.scripts import raw, status_of
from tests.pipelines import pictures
from tests.pipelines.offered import offered_by
from tests.pipelines.pictures import jpeg
from tests.pipelines.system import System
from tools.shipped import OFFERS, pipelines, services_of

NOTE = " (its tasks wait until face-analyze is announced)"


def test_all_are_loaded(system: System) -> None:
    client = system.engine.client
    for route, definition in pipelines().items():
        stored = client.get(f"/services/{route}").json()
        assert stored["type"] == "pipeline" and stored["nodes"] == definition["nodes"]
    assert set(system.loaded) == set(pipelines())


def test_loaded_again_they_are_unchanged_and_those_that_wait_say_for_what(system: System) -> None:
    for route, outcome in system.load().items():
        waits_for = sorted({service for service in services_of(pipelines()[route]) if service.startswith("digits-")})
        note = f" (its tasks wait until {' and '.join(waits_for)} is announced)" if waits_for else ""
        assert outcome == "unchanged" + note


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
        assert offered_by(program) == offered
