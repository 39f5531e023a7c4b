"""How fields may come in: merged by the engine, one by one from a form, bare; and what is said where they are wrong."""

from typing import Any

import httpx
import pytest
from conftest import picture

from aiservice.testing import Message, RunningService

IMAGE = ("a.jpg", picture(), "image/jpeg")
BOX = [[1, 2, 3, 4]]


def post(service: RunningService, path: str, fields: dict[str, Any]) -> httpx.Response:
    headers = {"Prefer": "wait=60", "Accept": "image/*"}
    return httpx.post(service.url + path, files=fields, headers=headers, timeout=90)


@pytest.mark.parametrize(
    "areas",
    [
        (None, b'{"areas": [[1, 2, 3, 4]]}'),
        (None, b"[[1, 2, 3, 4]]"),
        ("areas.json", b'{"areas": [[1, 2, 3, 4]]}', "application/json"),
        ("blob", b"[[1, 2, 3, 4]]", "application/json"),
        ("areas.txt", b"[[1, 2, 3, 4]]", "text/plain"),
    ],
)
def test_a_json_field_comes_by_itself(specimen: RunningService, areas: Any) -> None:
    assert post(specimen, "/mirror", {"image": IMAGE, "areas": areas}).status_code == 200


def test_json_fields_come_merged_or_nested_in_data(specimen: RunningService) -> None:
    for data in ({"areas": BOX}, {"areas": BOX, "width": 5}, {"areas": BOX, "size": {"width": 5}}):
        answer = specimen.call("/mirror", files={"image": IMAGE}, data=data, wait=60)
        assert answer.status == 200, answer.body


def test_a_call_of_the_engine_may_hold_more_than_is_taken(specimen: RunningService) -> None:
    files = {"image": IMAGE, "other": ("x.bin", b"1234", "application/octet-stream")}
    url = "http://127.0.0.1:9/x"
    answer = specimen.call("/shape", files=files, data={"unrelated": 1}, callback_url=url, task_id="more", wait=60)
    assert (answer.status, answer.json["width"]) == (200, 8)


def test_in_direct_use_an_unknown_field_is_told_with_the_nearest_name(specimen: RunningService) -> None:
    answer = specimen.call("/shape", files={"imgae": IMAGE}, wait=60)
    assert answer.status == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"/imgae", "/image"}
    assert "did you mean 'image'?" in answer.json["detail"]
    assert specimen.call("/echo", data={"text": "a", "cuont": 1}, wait=60).json["errors"][0]["pointer"] == "/cuont"


def test_plain_values_come_as_text_or_json(specimen: RunningService) -> None:
    text = {"text": (None, b"hello"), "count": (None, b"2")}
    assert post(specimen, "/echo", text).json()["text"] == "hellohello"
    assert post(specimen, "/echo", {"text": (None, b'"quoted"')}).json()["text"] == "quoted"
    assert post(specimen, "/echo", {"text": (None, b"12")}).json()["text"] == "12"
    wrapped = {"text": ("t.json", b'{"text": "wrapped"}', "application/json")}
    assert post(specimen, "/echo", wrapped).json()["text"] == "wrapped"


def test_every_wrong_field_is_told(specimen: RunningService) -> None:
    answer = post(specimen, "/mirror", {"areas": (None, b"[[1, 2, 3]]")})
    body = answer.json()
    assert answer.status_code == 422
    assert [error["pointer"] for error in body["errors"]] == ["/image", "/areas/areas/0/3"]
    assert body["errors"][1]["message"] == "areas.0.3: field required"
    rule = specimen.call("/mirror", files={"image": IMAGE}, data={"areas": BOX, "size": {}}, wait=60)
    assert rule.json["detail"] == "size: give width, height or both"


@pytest.mark.parametrize("value", [b"", b"{", b"NaN", b"[[1, 2, 3, Infinity]]", b"\xff", b'["\\ud800"]', b"[" * 1000])
def test_a_field_that_is_no_json_is_400(specimen: RunningService, value: bytes) -> None:
    answer = post(specimen, "/mirror", {"image": IMAGE, "areas": (None, value)})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("areas: ")


def test_json_that_is_nested_too_deep_is_400(specimen: RunningService) -> None:
    deep = b'{"text": ' + b"[" * 70 + b"]" * 70 + b"}"
    answer = specimen.request("POST", "/echo", deep, {"Content-Type": "application/json"})
    assert (answer.status, "64 levels" in answer.json["detail"]) == (400, True)
    wide = b'{"text": "a", "count": [' + b"[]," * 100 + b"[]]}"
    assert specimen.request("POST", "/echo", wide, {"Content-Type": "application/json"}).status == 422


def test_an_optional_file_may_be_missing_or_come(specimen: RunningService) -> None:
    assert specimen.call("/shape", files={"image": IMAGE}, wait=60).json["mask"] is None
    both = {"image": IMAGE, "mask": ("m.png", b"12345", "image/png")}
    assert specimen.call("/shape", files=both, wait=60).json["mask"] == 5


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a\\b\\passwd", "passwd"])
def test_a_file_name_is_only_a_label(specimen: RunningService, name: str) -> None:
    answer = specimen.call("/digest", files={"file": (name, b"1", "image/png")}, wait=60)
    assert answer.json["name"] in ("passwd", "file")


def test_pictures_that_are_none_name_the_field(specimen: RunningService) -> None:
    for content, words in ((b"no picture", "not a picture"), (picture(200, 200)[:900], "damaged")):
        answer = specimen.call("/mirror", files={"image": ("a", content, "image/png")}, data={"areas": []}, wait=60)
        assert answer.status == 422
        assert answer.json["detail"].startswith("image: ") and words in answer.json["detail"]
    empty = specimen.call("/shape", files={"image": ("a", b"", "image/png")}, wait=60)
    assert (empty.status, empty.json["detail"]) == (422, "image: the file is empty")


def test_a_picture_with_too_many_pixels_is_refused_by_its_header(specimen: RunningService) -> None:
    bomb = picture(7000, 7000, "png")
    answer = specimen.call("/mirror", files={"image": ("a.png", bomb, "image/png")}, data={"areas": []}, wait=60)
    assert answer.status == 413
    assert "40000000" in answer.json["detail"]


def refuse(service: RunningService, query: str) -> Message:
    return service.request("POST", f"/echo?{query}", b'{"text": "a"}', {"Content-Type": "application/json"})


def test_a_callback_url_or_id_that_cannot_be_used_is_422(specimen: RunningService) -> None:
    for query in ("callback_url=ftp://a/b&task_id=1", "callback_url=nonsense&task_id=1", "callback_url=http://a:x/"):
        answer = refuse(specimen, query)
        assert (answer.status, answer.json["detail"][:12]) == (422, "callback_url")
    assert refuse(specimen, "callback_url=http://a/b&task_id=" + "1" * 501).json["detail"].startswith("task_id")


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"format": b"png"}, {"format": "png"}),
        ({"format": b'"png"'}, {"format": "png"}),
        ({"format": b"12"}, {"format": "12"}),
        ({"format": b"NaN"}, {"format": "NaN"}),
        ({"format": b'{"format": "webp", "quality": 7}'}, {"format": "webp", "quality": 7}),
        ({"format": b"png", "scale": b"50"}, {"format": "png", "percent": 50.0}),
        ({"format": b"png", "scale": b'{"percent": 0.5}'}, {"format": "png", "percent": 0.5}),
    ],
)
def test_a_plain_text_is_the_value_of_the_one_field_of_a_model(
    specimen: RunningService, fields: dict[str, bytes], seen: dict[str, Any]
) -> None:
    answer = post(specimen, "/render", {name: (None, value) for name, value in fields.items()})
    assert (answer.status_code, answer.json()) == (200, {"quality": 90, "percent": None} | seen)


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"format": b"{png"}, 400, "format: this is not JSON"),
        ({"format": b'["png"]'}, 422, "format: input should be a valid string"),
        ({"format": b'{"format": "a", "format": "b"}'}, 400, "format: the key 'format' stands twice"),
        ({"format": b"a", "scale": b"half"}, 422, "scale.percent: input should be a valid number"),
        ({"format": b"a", "scale": b"NaN"}, 400, "scale: this is not JSON"),
        ({"format": b"a", "scale": b"9" * 20}, 400, "scale: the integer 99999"),
        ({"format": b"\xff"}, 400, "format: the text is not UTF-8"),
    ],
)
def test_a_plain_text_that_does_not_fit_is_told(
    specimen: RunningService, fields: dict[str, bytes], status: int, detail: str
) -> None:
    answer = post(specimen, "/render", {name: (None, value) for name, value in fields.items()})
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (status, detail)


def test_a_text_that_is_said_to_be_json_has_to_be(specimen: RunningService) -> None:
    answer = post(specimen, "/render", {"format": ("f.json", b"png", "application/json")})
    assert (answer.status_code, answer.json()["detail"][:24]) == (400, "format: this is not JSON")
