"""The service as it runs: its own process, HTTP, and callbacks to a real receiver."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from aiservice.testing import CallbackReceiver, RunningService, wait_until
from pictures import FACE, SAMPLE, file_of, iou, landscape, sample
from PIL import Image

from face_detection import service as service_module

JPEG = SAMPLE.read_bytes()


def compute(service: RunningService, image: bytes) -> httpx.Response:
    return httpx.post(service.url + "/compute", files={"image": image}, headers={"Prefer": "wait=60"}, timeout=60)


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes (`VmHWM` of proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def faces(service: RunningService, image: bytes) -> list[list[int]]:
    answer = compute(service, image)
    assert answer.status_code == 200, answer.text
    boxes = answer.json()["answer"]
    assert all(isinstance(value, int) for box in boxes for value in box)
    return list(boxes)


def test_the_sample(service: RunningService) -> None:
    (box,) = faces(service, JPEG)
    assert iou(box, FACE) > 0.6


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "CMYK", "P", "I;16"])
def test_every_mode(service: RunningService, mode: str) -> None:
    image = Image.fromarray(sample())
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        picture = image.quantize(64) if mode == "P" else image.convert(mode)
    (box,) = faces(service, file_of(picture, "TIFF" if mode == "CMYK" else "PNG"))
    assert iou(box, FACE) > 0.6


@pytest.mark.parametrize("name", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_format(service: RunningService, name: str) -> None:
    (box,) = faces(service, file_of(sample(), name))
    assert iou(box, FACE) > 0.6


@pytest.mark.parametrize(("orientation", "undo"), [(3, 3), (6, 2), (8, 4), (5, 5)])
def test_boxes_are_in_the_picture_as_people_see_it(service: RunningService, orientation: int, undo: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(sample()[:, :400]).transpose(Image.Transpose(undo))
    (box,) = faces(service, file_of(stored, "JPEG", exif=exif, quality=95))
    assert iou(box, FACE) > 0.6


def test_no_face(service: RunningService) -> None:
    assert compute(service, file_of(landscape(400, 300))).json() == {"answer": []}


def test_by_callback(service: RunningService) -> None:
    with CallbackReceiver() as receiver:
        files = {"image": ("a.jpg", JPEG, "image/jpeg")}
        answer = service.call("/compute", files=files, callback_url=receiver.url, task_id="call-1")
        assert answer.status == 200
        (box,) = receiver.wait_for("call-1").json["answer"]
    assert iou(box, FACE) > 0.6


def test_without_waiting_the_result_is_fetched(service: RunningService) -> None:
    answer = httpx.post(service.url + "/compute", files={"image": JPEG}, timeout=30)
    where = f"{service.url}/tasks/{answer.json()['task_id']}"
    wait_until(lambda: httpx.get(where, timeout=60).status_code == 200, what="the result")
    assert len(httpx.get(where, timeout=60).json()["answer"]) == 1


@pytest.mark.parametrize("image", [b"no picture", b"", JPEG[: len(JPEG) // 2]])
def test_a_bad_picture_is_a_clear_error(service: RunningService, image: bytes) -> None:
    answer = compute(service, image)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("image: ")
    assert len(faces(service, JPEG)) == 1, "the service did not live on"


def test_a_picture_that_is_a_bomb_is_refused_by_its_header(service: RunningService) -> None:
    """48 kB that would be 1.2 GB of pixels."""
    before = peak(service.pid)
    answer = compute(service, file_of(Image.new("1", (20_000, 20_000))))
    assert answer.status_code == 413 and "400000000 pixels" in answer.json()["detail"]
    assert peak(service.pid) - before < 60 << 20


def test_the_first_picture_of_an_animation(service: RunningService) -> None:
    empty = Image.fromarray(landscape(512, 512))
    data = file_of(Image.fromarray(sample()), "GIF", save_all=True, append_images=[empty])
    (box,) = faces(service, data)
    assert iou(box, FACE) > 0.6


def test_many_at_once_all_get_their_own_answer(service: RunningService) -> None:
    pictures = [file_of(sample()), file_of(landscape(300, 300))] * 8
    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(lambda image: len(faces(service, image)), pictures))
    assert counts == [1, 0] * 8


def test_it_is_quiet(service: RunningService) -> None:
    lines = service.log.splitlines()
    assert lines and all("aiservice" in line for line in lines), service.log


def test_the_documentation(service: RunningService) -> None:
    document = httpx.get(service.url + "/openapi.json", timeout=60).json()
    content = document["paths"]["/compute"]["post"]["responses"]["200"]["content"]
    assert set(content) == {"application/json"}
    assert content["application/json"]["schema"]["anyOf"][0]["properties"]["answer"]["type"] == "array"


def test_the_result_is_described() -> None:
    (operation,) = service_module.service.operations
    assert operation.api.result is not None
    assert list(operation.api.result["properties"]) == ["answer"] and not operation.api.result["additionalProperties"]
    box = operation.api.result["properties"]["answer"]["items"]
    assert box["prefixItems"] == [{"type": "integer"}] * 4 and (box["minItems"], box["maxItems"]) == (4, 4)


def test_no_call_works_for_ever() -> None:
    assert {operation.timeout for operation in service_module.service.operations} == {120}
