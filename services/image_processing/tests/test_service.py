"""The service as it runs: its own process, HTTP, and callbacks to a real receiver."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
from aiservice.testing import CallbackReceiver, Message, RunningService, wait_until
from pictures import FACE, SAMPLE, file_of, opened, oriented, pixels_of, png, psnr, scene
from PIL import Image

from image_processing import service as service_module

WAIT = {"Prefer": "wait=60"}
JPEG = SAMPLE.read_bytes()


def direct(service: RunningService, path: str, image: bytes, accept: str = "image/*", **fields: str) -> httpx.Response:
    return httpx.post(
        service.url + path, files={"image": image}, data=fields, headers={**WAIT, "Accept": accept}, timeout=60
    )


def called(service: RunningService, path: str, image: bytes, data: dict[str, Any], task_id: str) -> Message:
    """The callback of a call as the engine makes it."""
    with CallbackReceiver() as receiver:
        files = {"image": ("a.jpg", image, "image/jpeg")}
        answer = service.call(path, files=files, data=data, callback_url=receiver.url, task_id=task_id)
        assert answer.status == 200
        return receiver.wait_for(task_id)


def test_blur_hides_the_face_and_nothing_else(service: RunningService) -> None:
    answer = direct(service, "/blur", JPEG, areas=str([FACE]))
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    before, after = pixels_of(JPEG), pixels_of(answer.content)
    x1, y1, x2, y2 = FACE
    outside = np.ones(before.shape[:2], bool)
    # A JPEG is made of blocks of 8 x 8 pixels, so those at the border belong to both sides.
    outside[y1 - 8 : y2 + 8, x1 - 8 : x2 + 8] = False
    assert psnr(before[outside], after[outside]) > 42
    assert psnr(before[y1:y2, x1:x2], after[y1:y2, x1:x2]) < 22


def test_blur_by_callback(service: RunningService) -> None:
    callback = called(service, "/blur", JPEG, {"areas": [FACE], "other": 1}, "call-1")
    (part,) = callback.parts.values()
    assert callback.parts["result"].content_type == "image/jpeg"
    assert opened(part.data).size == (512, 512)


def test_a_jpeg_with_nothing_to_blur_comes_back_as_it_was(service: RunningService) -> None:
    assert direct(service, "/blur", JPEG, areas="[]").content == JPEG
    assert direct(service, "/blur", JPEG, areas="[[900, 900, 950, 950]]").content == JPEG
    assert opened(direct(service, "/blur", file_of(scene()), areas="[]").content).format == "JPEG"


def test_blur_uses_the_picture_as_people_see_it(service: RunningService) -> None:
    turned = oriented(pixels_of(JPEG), 6, quality=95)
    result = pixels_of(direct(service, "/blur", turned, areas=str([FACE])).content)
    x1, y1, x2, y2 = FACE
    assert psnr(result[y1:y2, x1:x2], pixels_of(JPEG)[y1:y2, x1:x2]) < 22
    assert psnr(result[y2 + 8 :], pixels_of(JPEG)[y2 + 8 :]) > 33


def test_crop_one_several_none(service: RunningService) -> None:
    one = direct(service, "/crop", JPEG, areas=str([FACE]))
    assert one.headers["content-type"] == "image/jpeg" and opened(one.content).size == (95, 95)
    parts = called(service, "/crop", file_of(scene()), {"areas": [[0, 0, 5, 6], [50, 30, 99, 99]]}, "call-2").parts
    assert {name: opened(part.data).size for name, part in parts.items()} == {"result0": (5, 6), "result1": (10, 10)}
    assert {part.content_type for part in parts.values()} == {"image/png"}
    none = direct(service, "/crop", JPEG, "application/json", areas="[]")
    assert (none.status_code, none.json()) == (200, {})


@pytest.mark.parametrize("name", ["jpg", "png", "webp", "bmp", "gif", "image/tiff"])
def test_convert(service: RunningService, name: str) -> None:
    answer = direct(service, "/convert", JPEG, format=f'{{"format": "{name}", "quality": 80}}')
    kind = {"jpg": "jpeg", "image/tiff": "tiff"}.get(name, name)
    assert answer.headers["content-type"] == f"image/{kind}"
    assert opened(answer.content).format == kind.upper()


def test_convert_by_callback_and_by_name_alone(service: RunningService) -> None:
    parts = called(service, "/convert", file_of(scene()), {"format": "jpeg"}, "call-3").parts
    assert opened(parts["result"].data).format == "JPEG"
    for text in ("png", '"png"'):
        assert opened(direct(service, "/convert", JPEG, format=text).content).format == "PNG"


def test_analyze(service: RunningService) -> None:
    expected = {"format": "image/jpeg", "width": 512, "height": 512}
    assert direct(service, "/analyze", JPEG, "application/json").json() == expected
    assert called(service, "/analyze", JPEG, {}, "call-4").json == expected


def test_greyscale_and_resize(service: RunningService) -> None:
    grey = opened(direct(service, "/greyscale", JPEG).content)
    assert (grey.mode, grey.size) == ("L", (512, 512))
    half = direct(service, "/resize", JPEG, settings='{"withRatio": true, "scale_percent": 50}')
    assert opened(half.content).size == (256, 256)
    parts = called(service, "/resize", file_of(scene()), {"width": 30}, "call-5").parts
    assert opened(parts["result"].data).size == (30, 20)


def test_without_waiting_the_result_is_fetched(service: RunningService) -> None:
    answer = httpx.post(service.url + "/greyscale", files={"image": JPEG}, timeout=30)
    assert answer.status_code == 200
    where = f"{service.url}/tasks/{answer.json()['task_id']}"
    wait_until(lambda: httpx.get(where, timeout=60).status_code == 200, what="the result")
    picture = httpx.get(httpx.get(where, timeout=60).json()["result"])
    assert picture.headers["content-type"] == "image/jpeg" and opened(picture.content).mode == "L"


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (b"no picture", "picture"),
        (b"", "empty"),
        (JPEG[: len(JPEG) // 2], "cut"),
        (file_of(scene())[:60], "damaged"),
        (png(20_000, 20_000), "pixels"),
    ],
)
def test_a_bad_picture_is_a_clear_error(service: RunningService, image: bytes, word: str) -> None:
    answer = direct(service, "/greyscale", image)
    assert answer.status_code == (413 if word == "pixels" else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in answer.json()["detail"]
    if image:
        failure = called(service, "/greyscale", image, {}, f"bad-{word}").json
        assert failure["type"] == "error" and word in failure["message"]
    assert direct(service, "/analyze", JPEG).status_code == 200, "the service did not live on"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/blur", {}),
        ("/blur", {"areas": "[[0, 0, 1]]"}),
        ("/blur", {"areas": '[[0, 0, 1, "NaN"]]'}),
        ("/crop", {"areas": "[[5, 5, 5, 9]]"}),
        ("/crop", {"areas": "[[-9, -9, -1, -1]]"}),
        ("/crop", {"areas": "[[600, 600, 700, 700]]"}),
        ("/convert", {"format": '"pdf"'}),
        ("/convert", {"format": "pdf"}),
        ("/convert", {"format": '{"format": "jpeg", "quality": 0}'}),
        ("/resize", {"settings": "{}"}),
        ("/resize", {"settings": '{"width": 1000000000}'}),
        ("/resize", {"settings": '{"width": 0.5}'}),
    ],
)
def test_wrong_settings_are_clear_errors(service: RunningService, path: str, fields: dict[str, str]) -> None:
    answer = direct(service, path, JPEG, **fields)
    assert answer.status_code == 422, answer.text
    assert len(answer.json()["detail"]) > 10


@pytest.mark.parametrize("areas", ["[[0, 0, 1, NaN]]", "[[0, 0, 1, -Infinity]]", "[[0, 0, 1, 1e999]]", "[[0, 0,"])
def test_areas_that_are_no_json(service: RunningService, areas: str) -> None:
    answer = direct(service, "/blur", JPEG, areas=areas)
    assert answer.status_code == 400 and "areas" in answer.json()["detail"], answer.text


@pytest.mark.parametrize(
    "areas", ["[[400, 400, 900, 900]]", "[[-50, -50, 20, 20]]", "[[20, 20, 0, 0]]", "[]", "[[9, 9, 9, 9]]"]
)
def test_areas_that_lie_outside_are_cut_and_empty_ones_change_nothing(service: RunningService, areas: str) -> None:
    answer = direct(service, "/blur", JPEG, areas=areas)
    assert answer.status_code == 200 and opened(answer.content).size == (512, 512)


@pytest.mark.parametrize("kind", ["CMYK", "16 bit", "animated", "turned"])
def test_pictures_of_unusual_kinds(service: RunningService, kind: str) -> None:
    pixels = scene()
    data = {
        "CMYK": file_of(Image.fromarray(pixels).convert("CMYK"), "JPEG"),
        "16 bit": file_of(pixels[:, :, 0].astype(np.uint16) * 257),
        "animated": file_of(pixels, "GIF", save_all=True, append_images=[Image.fromarray(pixels[::-1])]),
        "turned": oriented(pixels, 6),
    }[kind]
    answer = direct(service, "/greyscale", data)
    assert answer.status_code == 200 and opened(answer.content).size == (60, 40)
    assert pixels_of(answer.content, "L").shape == (40, 60)


def test_the_documentation_lists_all_operations(service: RunningService) -> None:
    paths = httpx.get(service.url + "/openapi.json", timeout=60).json()["paths"]
    assert {"/blur", "/crop", "/convert", "/analyze", "/greyscale", "/resize"} <= set(paths)


BINARY = {"type": "string", "format": "binary"}
ALONE = {"type": "object", "properties": {"result": BINARY}, "required": ["result"], "additionalProperties": False}


def test_every_result_is_described() -> None:
    described = {operation.route: operation.api.result for operation in service_module.service.operations}
    crop, analysis = described.pop("image-crop"), described.pop("image-analyze")
    assert described == dict.fromkeys(["image-blur", "image-convert", "image-greyscale", "image-resize"], ALONE)
    assert crop is not None and analysis is not None
    assert (crop["properties"], crop["additionalProperties"]) == ({"result": BINARY}, False)
    assert crop["patternProperties"] == {"^result[0-9]+$": BINARY}
    assert {name: field["type"] for name, field in analysis["properties"].items()} == {
        "format": "string",
        "width": "integer",
        "height": "integer",
    }
    assert analysis["additionalProperties"] is True, "the EXIF tags, by name"


def test_analyze_gives_the_exif_tags_beside_what_is_described(service: RunningService) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x011A] = "Kamera", "model_dump", 72.5
    exif[0x8825] = {1: "N", 2: (47.0, 22.5, 0.0)}
    answer = direct(service, "/analyze", file_of(scene(), "JPEG", exif=exif), "application/json").json()
    assert answer == {
        "Make": "Kamera",
        "Model": "model_dump",
        "XResolution": 72.5,
        "GPSInfo": {"GPSLatitudeRef": "N", "GPSLatitude": [47, 22.5, 0]},
        "format": "image/jpeg",
        "width": 60,
        "height": 40,
    }


def test_no_call_works_for_ever() -> None:
    assert {operation.timeout for operation in service_module.service.operations} == {120}
