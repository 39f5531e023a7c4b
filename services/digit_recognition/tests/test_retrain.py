"""An alert starts one task, on a real server, however long it lasts and however often it comes."""

from __future__ import annotations

import json
import time

import pytest
from aiservice.testing import wait_until
from conftest import Tasks
from publishing import Release

from digit_recognition.manifest import Manifest, read_manifest
from digit_recognition.retrain import Retraining, key_of
from digit_recognition.watch import Alert

ALERT = Alert(1, "2026-01-01T00:00:00Z", ("sharpness",))
SECOND = Alert(2, "2026-01-02T00:00:00Z", ("ink",))


@pytest.fixture
def manifest() -> Manifest:
    return read_manifest(json.dumps(Release("v1").manifest).encode())


def test_one_task_for_one_alert(tasks: Tasks, manifest: Manifest) -> None:
    retraining = Retraining(tasks.url, 3600)
    retraining.tick(None, manifest)
    assert tasks.posted == []
    for _ in range(3):
        retraining.tick(ALERT, manifest)
    ((path, key, body),) = tasks.posted
    assert path == "/services/retrain-digits" and key.startswith("drift-v1-")
    assert body == {"digits": list(range(10)), "reason": f"drift: {manifest.name} v1"}
    last = retraining.view()["last"]
    assert (last["jobId"], last["because"], last["version"]) == ("job-1", ["sharpness"], "v1")


def test_a_second_alert_waits_for_the_pause(tasks: Tasks, manifest: Manifest) -> None:
    patient, hasty = Retraining(tasks.url, 3600), Retraining(tasks.url, 0.05)
    for retraining in (patient, hasty):
        retraining.tick(ALERT, manifest)
        retraining.tick(SECOND, manifest)

    def again() -> bool:
        patient.tick(SECOND, manifest)
        hasty.tick(SECOND, manifest)
        return len(tasks.posted) == 3

    wait_until(again, what="the second task of the hasty one")
    until = time.monotonic() + 0.15

    def pause_is_over() -> bool:
        hasty.tick(SECOND, manifest)
        return time.monotonic() > until

    wait_until(pause_is_over, what="the end of the pause")
    assert len(tasks.posted) == 3, "an alert starts one task, however long it lasts"
    assert patient.view()["last"]["because"] == ["sharpness"] and hasty.view()["last"]["because"] == ["ink"]


def test_an_engine_that_is_away_is_asked_again_with_the_same_key(tasks: Tasks, manifest: Manifest) -> None:
    tasks.refuse = 1
    retraining = Retraining(tasks.url, 3600)
    retraining.tick(ALERT, manifest)
    assert "503" in retraining.view()["error"] and retraining.view()["last"] is None

    def posted() -> bool:
        retraining.tick(ALERT, manifest)
        return len(tasks.posted) == 1

    wait_until(posted, what="the task")
    assert retraining.view()["error"] is None


def test_nobody_listens(manifest: Manifest) -> None:
    retraining = Retraining("http://127.0.0.1:9/services/retrain-digits", 3600)
    retraining.tick(ALERT, manifest)
    assert "127.0.0.1:9" in retraining.view()["error"]


def test_several_instances_have_the_same_key_once_in_a_pause(manifest: Manifest) -> None:
    assert key_of(manifest, 7200, 3600) == key_of(manifest, 7200 + 3599, 3600) != key_of(manifest, 10_800, 3600)


def test_without_a_url_nothing_is_posted(manifest: Manifest) -> None:
    retraining = Retraining(None, 3600)
    retraining.tick(ALERT, manifest)
    assert retraining.view() == {"url": None, "last": None, "error": None}
