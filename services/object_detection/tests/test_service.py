"""The service as it runs: its own process, HTTP, callbacks to a real receiver, with and without a model file."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from aiservice.testing import CallbackReceiver, RunningService, running
from modelfiles import write_onnx
from pictures import FACE, PERSON, SAMPLE, file_of, iou, landscape, sample
from PIL import Image

from object_detection import service as service_module

JPEG = SAMPLE.read_bytes()
WAIT = {"Prefer": "wait=60"}


def compute(service: RunningService, image: bytes, **data: str) -> httpx.Response:
    return httpx.post(service.url + "/compute", files={"image": image}, data=data, headers=WAIT, timeout=60)


def objects(service: RunningService, image: bytes, **data: str) -> list[dict[str, object]]:
    answer = compute(service, image, **data)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["objects"])


def test_the_sample(service: RunningService) -> None:
    face, person = objects(service, JPEG)
    assert (face["label"], person["label"]) == ("face", "person")
    assert iou(face["box"], FACE) > 0.6 and iou(person["box"], PERSON) > 0.8
    assert all(isinstance(value, int) for value in [*face["box"], *person["box"]])  # type: ignore[misc]
    assert set(face) == {"label", "score", "box"} and 0.5 <= float(str(person["score"])) <= 1


def test_the_threshold(service: RunningService) -> None:
    assert [thing["label"] for thing in objects(service, JPEG, threshold="0.87")] == ["face"]
    assert compute(service, JPEG, threshold="2").status_code == 422
    assert compute(service, JPEG, threshold="much").status_code == 422


def test_boxes_are_in_the_picture_as_people_see_it(service: RunningService) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(sample()).transpose(Image.Transpose.ROTATE_90)
    face = objects(service, file_of(stored, "JPEG", exif=exif, quality=95))[0]
    assert iou(face["box"], FACE) > 0.6


def test_no_object(service: RunningService) -> None:
    assert compute(service, file_of(landscape(400, 300))).json() == {"objects": []}


def test_by_callback(service: RunningService) -> None:
    with CallbackReceiver() as receiver:
        files = {"image": ("a.jpg", JPEG, "image/jpeg")}
        sent = {"threshold": 0.87, "other": 1}
        answer = service.call("/compute", files=files, data=sent, callback_url=receiver.url, task_id="call-1")
        assert answer.status == 200
        (face,) = receiver.wait_for("call-1").json["objects"]
    assert face["label"] == "face"


def bad_pictures() -> dict[str, bytes]:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    return {"none": b"no picture", "empty": b"", "cut": JPEG[: len(JPEG) // 2], "too large": bomb.getvalue()}


@pytest.mark.parametrize("name", ["none", "empty", "cut", "too large"])
def test_a_bad_picture_is_a_clear_error(service: RunningService, name: str) -> None:
    answer = compute(service, bad_pictures()[name])
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == (413 if name == "too large" else 422)
    assert answer.json()["detail"].startswith("image: ")
    assert len(objects(service, JPEG)) == 2, "the service did not live on"


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16"])
def test_every_mode(service: RunningService, mode: str) -> None:
    image = Image.fromarray(sample())
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        picture = image.convert(mode)
    assert "face" in [thing["label"] for thing in objects(service, file_of(picture, "TIFF"))]


def test_it_is_quiet_and_says_what_it_has(service: RunningService) -> None:
    lines = service.log.splitlines()
    assert lines and all("aiservice" in line for line in lines), service.log
    ready = httpx.get(service.url + "/health/ready", timeout=60).json()
    assert (ready["model"], ready["labels"]) == ("built in", ["face", "person", "hand", "qr code"])


def test_the_result_is_described() -> None:
    (operation,) = service_module.service.operations
    assert (operation.api.route, operation.path, operation.api.body) == ("object-detect", "/compute", ["image"])
    assert operation.api.result is not None and list(operation.api.result["properties"]) == ["objects"]
    text = str(operation.api.result)
    assert all(name in text for name in ("label", "score", "box", "text")) and operation.timeout == 120


def test_with_a_model_file(tmp_path: Path) -> None:
    rows = np.array([[[320, 320, 160, 80, 0.75, 0.0, 1.0]]], np.float32)
    model = write_onnx(tmp_path / "m.onnx", [1, 3, 640, 640], [("output0", rows)])
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    env = {"OBJECT_MODEL": str(model), "OBJECT_LABELS": str(tmp_path / "labels.txt"), "APP_WORKERS": "1"}
    with running("object_detection", cwd="/", env=env) as service:
        ready = httpx.get(service.url + "/health/ready", timeout=60).json()
        assert (ready["model"], ready["labels"]) == ("m.onnx", ["cat", "dog"])
        # The sample is square: 512 of 640 pixels.
        assert objects(service, JPEG) == [{"label": "dog", "score": 0.75, "box": [192, 224, 320, 288]}]


def test_with_a_wrong_model_file_it_says_why_and_ends(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    (tmp_path / "m.onnx").write_bytes(b"no model")
    files = {"OBJECT_MODEL": str(tmp_path / "m.onnx"), "OBJECT_LABELS": str(tmp_path / "labels.txt")}
    with running("object_detection", cwd="/", env=files | {"APP_WORKERS": "1"}, wait_ready=False) as service:
        assert service.process.wait(60) == 1
        assert "m.onnx cannot be loaded" in service.log
