"""`retrain-digits`: retraining is a task like any other, and whoever asks for digits meanwhile does not notice."""

import time

import httpx
import pytest

from tests.e2e.processes import wait_for
from tests.e2e.scripts import raw, result
from tests.mlops.line import ROUTE, TRAINING_SECONDS, Caller, Json, Line, png, read

NINE, TEN = list(range(9)), list(range(10))
TAKEN_UP_SECONDS = 10.0


@pytest.fixture(scope="module")
def promoted(line: Line) -> dict[str, Json]:
    """What came of the trainings of nine digits and of ten, while a client asked all the time."""
    caller = Caller(line.recognition.url, _readable(line, 60))
    caller.start()
    try:
        wait_for(lambda: len(caller.versions) > 20, "first answers, of the model that ships")
        nine = line.retrain(NINE, "nine")
        _wait_until_served(line, nine["version"])
        ten = line.retrain(TEN, "ten")
        _wait_until_served(line, ten["version"])
        count = len(caller.versions)
        wait_for(lambda: len(caller.versions) > count + 20, "answers of the last model")
    finally:
        caller.stop()
    assert not caller.failed, caller.failed
    answered = list(dict.fromkeys(caller.versions))
    assert len(answered) == 3 and answered[1:] == [nine["version"], ten["version"]]
    return {"nine": nine, "ten": ten}


def _readable(line: Line, count: int) -> list[bytes]:
    """Ordinary pictures that the digit service takes: one of 450 falls apart, and is refused as several digits."""
    with httpx.Client(base_url=line.recognition.url, timeout=30) as client:
        pictures = [picture for picture in map(png, line.ordinary()[:count]) if read(client, picture).is_success]
    assert len(pictures) >= count - 1
    return pictures


def _wait_until_served(line: Line, version: str) -> None:
    begun = time.monotonic()
    client = httpx.Client(base_url=line.recognition.url)
    wait_for(lambda: client.get("/models").json()["served"]["version"] == version, version, TAKEN_UP_SECONDS)
    client.close()
    assert time.monotonic() - begun < TAKEN_UP_SECONDS


def test_a_better_model_is_trained_promoted_and_served(promoted: dict[str, Json]) -> None:
    nine, ten = promoted["nine"], promoted["ten"]
    assert nine["promoted"] and nine["served"] is None and nine["reason"] == "nine"
    assert nine["model"] == "mnist_model_0_1_2_3_4_5_6_7_8"
    assert ten["promoted"] and ten["served"]["version"] == nine["version"]
    assert ten["accuracy"] > ten["served"]["accuracy"] == nine["accuracy"]
    assert ten["accuracy_low"] < ten["accuracy"] < ten["accuracy_high"]


def test_a_worse_model_is_not_promoted_and_the_result_says_so(line: Line, promoted: dict[str, Json]) -> None:
    found = line.retrain([0, 1], "two")
    assert not found["promoted"] and "its accuracy is worse" in found["why"]
    assert found["served"]["version"] == promoted["ten"]["version"] and found["accuracy"] < 0.25
    served = httpx.get(f"{line.recognition.url}/models").json()["served"]
    assert served["version"] == promoted["ten"]["version"]


def test_what_was_trained_is_not_trained_again(line: Line, promoted: dict[str, Json]) -> None:
    begun = time.monotonic()
    found = line.retrain(TEN, "again")
    assert time.monotonic() - begun < 5
    assert not found["promoted"] and "served already" in found["why"]
    assert found["version"] == promoted["ten"]["version"]


def test_digits_that_are_none_fail_at_once_with_a_sentence(line: Line) -> None:
    answer = line.engine.client.post(
        f"/services/{ROUTE}", json={"digits": [7, 12], "reason": ""}, headers={"Prefer": "wait=20"}
    ).json()
    assert answer["status"] == "error"
    assert "node select" in answer["message"] and "less than or equal to 9" in answer["message"]


def test_a_drift_alert_starts_the_pipeline(line: Line, promoted: dict[str, Json]) -> None:
    pictures = line.ordinary()
    with line.watcher() as watcher, httpx.Client(base_url=watcher.url, timeout=30) as client:
        assert sum(read(client, png(picture)).is_success for picture in pictures[:200]) >= 199
        assert client.get("/drift").json()["alert"] is False, client.get("/drift").text
        known = _tasks(line)
        assert sum(read(client, png(255 - picture)).is_success for picture in pictures[200:400]) >= 199
        assert client.get("/drift").json()["alert"] is True, client.get("/drift").text
        started = wait_for(lambda: (_tasks(line) - known) or None, "a task of the alert", 15)
        assert len(started) == 1
        found = result(line.engine, started.pop(), TRAINING_SECONDS)
    assert found["reason"].startswith(f"drift: {promoted['ten']['model']}")
    assert found["version"] == promoted["ten"]["version"] and "served already" in found["why"]


def _tasks(line: Line) -> set[str]:
    answer = line.engine.client.get("/tasks", params={"route": ROUTE}).json()
    return {task["jobId"] for task in answer["tasks"]}


def test_a_task_shows_the_side_that_was_not_taken(line: Line, promoted: dict[str, Json]) -> None:
    job = line.engine.client.post(f"/services/{ROUTE}", json={"digits": TEN, "reason": "look"}).json()["jobId"]
    result(line.engine, job, TRAINING_SECONDS)
    nodes = raw(line.engine, job)["nodes"]
    states = {node["id"]: node["state"] for node in (nodes if isinstance(nodes, list) else nodes.values())}
    assert states["promote"] == "skipped" and states["keep"] == "finished"
