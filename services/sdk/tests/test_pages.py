"""What a service shows beside its operations: pages of its own, more about being ready, figures."""

from pathlib import Path

import pytest

from aiservice import Service
from aiservice.testing import RunningService, running

HERE = Path(__file__).parent


def test_a_page_is_the_object_that_its_function_gives(specimen: RunningService) -> None:
    answer = specimen.get("/inventory")
    assert answer.status == 200 and answer.json["things"] == 3


def test_a_page_is_described(specimen: RunningService) -> None:
    page = specimen.get("/openapi.json").json["paths"]["/inventory"]["get"]
    assert (page["summary"], page["description"]) == ("What there is.", "Counted anew each time.")


def test_a_page_is_made_in_the_process_of_the_server(in_process: RunningService) -> None:
    pids = {in_process.get("/inventory").json["pid"] for _ in range(3)}
    assert len(pids) == 1
    assert b"specimen_shown_total 3.0" in in_process.get("/metrics").body


def test_a_page_that_fails_is_a_problem_and_the_service_lives_on() -> None:
    with running("specimen", cwd=HERE, env={"SPECIMEN_PAGE": "broken"}) as service:
        answer = service.get("/inventory")
        assert answer.status == 500 and answer.json["detail"] == "the service has a fault: RuntimeError"
        assert service.get("/health/ready").status == 200


def test_more_is_told_about_being_ready(specimen: RunningService) -> None:
    assert specimen.get("/health/ready").json == {"status": "ready", "models": ["none"]}


@pytest.mark.parametrize("path", ["/tasks/mine", "/docs", "nowhere", "/taken"])
def test_a_path_that_is_taken_or_wrong_is_refused(path: str) -> None:
    service = Service("own")

    @service.page("/taken")
    def taken() -> dict[str, int]:
        return {}

    with pytest.raises(ValueError, match="path"):
        service.page(path)(taken)
    if path == "/taken":
        with pytest.raises(ValueError, match="declared twice"):
            service.operation("route", path=path)(taken)
