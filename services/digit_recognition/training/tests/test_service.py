"""The training service as it runs, beside the pipeline: the same steps, the same results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiservice.testing import RunningService, running
from conftest import SMALL, TEN, Trained
from digit_recognition.manifest import read_manifest, read_pointer

SECONDS = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    (folder / "params.yaml").write_text(SMALL.format(digits=TEN))
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[RunningService]:
    settings = {
        "DIGIT_PARAMS": str(folder / "params.yaml"),
        "DIGIT_MODELS": str(folder / "models"),
        "DIGIT_WORK": str(folder / "work"),
        "DIGIT_KEEP": "",
        "DIGIT_REMOTE": "",
        "MLFLOW_TRACKING_URI": "",
    }
    with running("digit_training", env=settings, cwd=folder) as started:
        yield started


def _ask(service: RunningService, step: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = httpx.post(f"{service.url}/{step}", json=body, headers={"Prefer": f"wait={SECONDS}"}, timeout=SECONDS)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_its_steps_make_the_same_model_as_the_pipeline_and_serve_it(
    service: RunningService, folder: Path, trained: Trained
) -> None:
    selected = _ask(service, "select", {"digits": []})
    assert selected["digits"] == TEN and selected["learn"] == 1347 and selected["held_out"] == 450
    work = {"work": selected["work"]}
    assert "not evaluated yet" in _ask(service, "promote", work, 422)["detail"]
    learned = _ask(service, "train", work)
    assert learned["epochs"] == 2 and learned["validation_accuracy"] > 0.9
    found = _ask(service, "evaluate", work)
    assert found["better"] and found["served"] is None and found["accuracy_low"] < found["accuracy"]
    promoted = _ask(service, "promote", work)
    assert promoted["promoted"] and promoted["version"] == found["version"] and promoted["mlflow_run"]
    pointer = read_pointer((folder / "models" / "served.json").read_bytes())
    mine = read_manifest((folder / "models" / pointer.manifest).read_bytes())
    theirs = read_manifest((trained.project.kept("ten") / "release" / "manifest.json").read_bytes())
    assert mine.metrics == theirs.metrics, "the same data and parameters give the same figures"
    assert mine.dataset == theirs.dataset and mine.reference == theirs.reference
    assert mine.files["model.tflite"] == theirs.files["model.tflite"], "and the same model, byte for byte"
    assert mine.files["history.json"] == theirs.files["history.json"]


def test_what_is_done_is_not_done_again(service: RunningService, trained: Trained) -> None:
    work = {"work": _ask(service, "select", {"digits": TEN})["work"]}
    _ask(service, "train", work)
    before = _ask(service, "evaluate", work)
    answer = httpx.post(f"{service.url}/train", json=work, headers={"Prefer": "wait=30"}, timeout=30)
    assert answer.elapsed.total_seconds() < 1
    again = _ask(service, "evaluate", work)
    assert again["version"] == before["version"] and not again["better"]
    assert "served already" in _ask(service, "promote", work)["why"]


@pytest.mark.parametrize(
    ("step", "body", "told"),
    [
        ("select", {"digits": [4]}, "at least two different digits"),
        ("select", {"digits": [4, 4]}, "each once"),
        ("select", {"digits": [4, 12]}, "less than or equal to 9"),
        ("select", {}, "digits"),
        ("train", {"work": "../../etc"}, "there is no training '../../etc' here"),
        ("train", {"work": "0123456789abcdef"}, "digits-select begins one"),
        ("evaluate", {"work": 5}, "work"),
        ("promote", {"work": ""}, "there is no training"),
    ],
)
def test_what_cannot_be_done_is_told(service: RunningService, step: str, body: dict[str, Any], told: str) -> None:
    assert told in json.dumps(_ask(service, step, body, 422))


def test_a_step_before_its_turn_is_told(service: RunningService) -> None:
    work = {"work": _ask(service, "select", {"digits": [0, 1]})["work"]}
    assert "digits-train" in _ask(service, "evaluate", work, 422)["detail"]
