"""The service as it runs: its own process, HTTP, and callbacks to a real receiver; with and without attributes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from aiservice.testing import CallbackReceiver, RunningService, running, wait_until
from pictures import FACE, SAMPLE, file_of, landscape, overlap, sample
from PIL import Image

from face_analyzer import service as service_module
from face_analyzer.files import FILES

JPEG = SAMPLE.read_bytes()


def compute(service: RunningService, image: bytes, **fields: str) -> httpx.Response:
    files = {"image": image}
    return httpx.post(service.url + "/compute", files=files, data=fields, headers={"Prefer": "wait=60"}, timeout=60)


def told(service: RunningService, image: bytes, **fields: str) -> dict[str, Any]:
    answer = compute(service, image, **fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_sample(service: RunningService) -> None:
    found = told(service, JPEG)
    assert set(found) == {"face"}
    face = found["face"]
    assert set(face) == {"box", "score", "eyes", "mouth", "smile", "roll", "ratios"}
    assert overlap(face["box"], FACE) > 0.9 and 0.8 < face["score"] <= 1
    assert (face["eyes"], face["mouth"], face["smile"]) == ({"left": "open", "right": "open"}, "open", True)
    assert 1.5 < face["roll"] < 5
    assert set(face["ratios"]) == {"right_eye", "left_eye", "mouth", "smile"}


def test_landmarks_on_request(service: RunningService) -> None:
    points = np.array(told(service, JPEG, landmarks="true")["face"]["landmarks"])
    assert points.shape == (478, 2)
    assert np.hypot(*(points[473] - (246.5, 103.3))) < 3
    assert "landmarks" not in told(service, JPEG, landmarks="false")["face"]


def test_landmarks_as_the_engine_asks_for_them(service: RunningService) -> None:
    with CallbackReceiver() as receiver:
        files = {"image": ("a.jpg", JPEG, "image/jpeg")}
        answer = service.call(
            "/compute", files=files, data={"landmarks": True}, callback_url=receiver.url, task_id="call-1"
        )
        assert answer.status == 200
        assert len(receiver.wait_for("call-1").json["face"]["landmarks"]) == 478


def test_a_wrong_parameter_is_a_clear_error(service: RunningService) -> None:
    assert compute(service, JPEG, landmarks="some").status_code == 422
    answer = compute(service, JPEG, landmark="true")
    assert answer.status_code == 422 and "landmarks" in answer.text


def test_no_face(service: RunningService, telling: RunningService) -> None:
    assert told(service, file_of(landscape(400, 300))) == {}
    assert told(telling, file_of(landscape(400, 300))) == {}


def test_ready_says_which_attributes_there_are(service: RunningService, telling: RunningService) -> None:
    without, some = service.get("/health/ready").json, telling.get("/health/ready").json
    assert without == {"status": "ready", "attributes": [], "missing": ["age", "gender", "emotion", "race"]}
    assert some == {"status": "ready", "attributes": ["age", "gender", "emotion"], "missing": ["race"]}


def test_the_description_says_it_too(service: RunningService, telling: RunningService) -> None:
    texts = []
    for each in (service, telling):
        document = httpx.get(each.url + "/openapi.json", timeout=60).json()
        texts.append(document["paths"]["/compute"]["post"]["description"])
    assert "no attribute" in texts[0] and "Not installed: age, gender, emotion, race." in texts[0]
    assert "It also tells age, gender, emotion." in texts[1] and "Not installed: race." in texts[1]


def test_attributes_whose_models_are_there(telling: RunningService) -> None:
    warm = told(telling, JPEG)
    assert set(warm) == {"face", "age", "gender", "dominant_emotion", "emotion"}
    assert (warm["age"], warm["gender"], warm["dominant_emotion"]) == (30, "Woman", "happy")
    grey = told(telling, file_of(Image.fromarray(sample() // 2).convert("L")))
    assert (grey["age"], grey["gender"]) == (60, "Man")
    assert sum(grey["emotion"].values()) == pytest.approx(100)


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "I;16"])
def test_every_mode(service: RunningService, mode: str) -> None:
    image = Image.fromarray(sample())
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        picture = image.quantize(64) if mode == "P" else image.convert(mode)
    face = told(service, file_of(picture, "TIFF" if mode == "CMYK" else "PNG"))["face"]
    assert overlap(face["box"], FACE) > 0.8 and face["smile"]


@pytest.mark.parametrize(("orientation", "undo"), [(3, 3), (6, 2), (5, 5)])
def test_all_is_as_people_see_it(service: RunningService, orientation: int, undo: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(sample()[:, :400]).transpose(Image.Transpose(undo))
    face = told(service, file_of(stored, "JPEG", exif=exif, quality=95))["face"]
    assert overlap(face["box"], FACE) > 0.9 and 1.5 < face["roll"] < 5


def test_without_waiting_the_result_is_fetched(service: RunningService) -> None:
    answer = httpx.post(service.url + "/compute", files={"image": JPEG}, timeout=30)
    where = f"{service.url}/tasks/{answer.json()['task_id']}"
    wait_until(lambda: httpx.get(where, timeout=60).status_code == 200, what="the result")
    assert httpx.get(where, timeout=60).json()["face"]["smile"] is True


@pytest.mark.parametrize("image", [b"no picture", b"", JPEG[: len(JPEG) // 2]])
def test_a_bad_picture_is_a_clear_error(service: RunningService, image: bytes) -> None:
    answer = compute(service, image)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("image: ")
    assert "face" in told(service, JPEG), "the service did not live on"


def test_many_at_once_all_get_their_own_answer(service: RunningService) -> None:
    pictures = [file_of(sample()), file_of(landscape(300, 300))] * 6
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda image: len(told(service, image)), pictures)) == [1, 0] * 6


def test_a_model_file_that_does_not_fit_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / FILES["gender"]).write_bytes(b"<html>Not Found</html>")
    settings = {"FACE_MODELS": str(tmp_path), "APP_WORKERS": "1"}
    with running("face_analyzer", cwd="/", env=settings, wait_ready=False) as service:
        assert service.process.wait(60) == 1
        assert "gender_model_weights.onnx does not fit: onnxruntime cannot read it" in service.log
        assert "or remove it; then gender is not told" in service.log


def test_a_folder_that_is_not_there_is_said_and_costs_the_attributes_alone(tmp_path: Path) -> None:
    with running("face_analyzer", cwd="/", env={"FACE_MODELS": str(tmp_path / "none"), "APP_WORKERS": "1"}) as service:
        assert service.get("/health/ready").json["attributes"] == []
        assert "there is no folder" in service.log and "FACE_MODELS" in service.log


def test_it_is_quiet(service: RunningService, telling: RunningService) -> None:
    for each in (service, telling):
        assert told(each, JPEG)
        lines = each.log.splitlines()
        assert lines and all(" INFO    aiservice: " in line for line in lines), each.log


def test_the_result_is_described() -> None:
    (operation,) = service_module.service.operations
    result = operation.api.result
    assert result is not None and not result["additionalProperties"] and "required" not in result
    names = ["face", "age", "gender", "dominant_emotion", "emotion", "dominant_race", "race"]
    assert list(result["properties"]) == names
    assert result["properties"]["gender"]["enum"] == ["Man", "Woman"]
    face = result["properties"]["face"]
    assert set(face["required"]) == {"box", "score", "mouth", "smile", "roll", "ratios"}
    assert operation.api.body == ["image"]


def test_no_call_works_for_ever() -> None:
    assert {operation.timeout for operation in service_module.service.operations} == {120}
