"""What a function returns, and what its caller gets: in a callback, as a fast answer, in direct use."""

import io
from typing import Any

import pytest
from conftest import picture
from PIL import Image

from aiservice.testing import CallbackReceiver, Message, RunningService

NOWHERE = "http://127.0.0.1:9/processing"


def fast(service: RunningService, path: str, data: dict[str, Any], task_id: str) -> Message:
    answer = service.call(path, data=data, task_id=task_id, wait=60, callback_url=NOWHERE)
    assert (answer.status, answer.headers["preference-applied"]) == (200, "wait")
    return answer


def test_a_dict_is_a_json_object(specimen: RunningService) -> None:
    answer = fast(specimen, "/echo", {"text": "ab", "count": 2}, "r1")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["text"] == "abab"


def test_nothing_is_an_empty_object(specimen: RunningService) -> None:
    assert fast(specimen, "/several", {"how": "none"}, "r2").json == {}


def test_numbers_of_numpy_and_nan_are_json(specimen: RunningService) -> None:
    answer = fast(specimen, "/several", {"how": "nan"}, "r3")
    assert answer.json == {"value": None, "array": {"inner": [0, 1, 2]}}


@pytest.mark.parametrize(
    ("how", "names"), [("one", ["result"]), ("array", ["result"]), ("many", ["result0", "result1", "result2"])]
)
def test_arrays_are_pictures_in_jpeg(specimen: RunningService, how: str, names: list[str]) -> None:
    parts = fast(specimen, "/several", {"how": how}, f"r4{how}").parts
    assert list(parts) == names
    for part in parts.values():
        assert part.content_type == "image/jpeg"
        assert part.filename == "result.jpg"
        assert Image.open(io.BytesIO(part.data)).size == (6, 4)


def test_bytes_are_one_binary(specimen: RunningService) -> None:
    parts = fast(specimen, "/several", {"how": "bytes"}, "r5").parts
    assert (parts["result"].data, parts["result"].content_type) == (b"abc", "application/octet-stream")


def test_binaries_and_values_stand_beside_each_other(specimen: RunningService) -> None:
    parts = fast(specimen, "/several", {"how": "mixed"}, "r6").parts
    assert sorted(parts) == ["data", "picture"]
    assert parts["data"].content_type == "application/json"
    assert parts["data"].data == b'{"boxes":[[1,2,3,4]],"score":0.5}'


def test_a_dataclass_is_a_dict_of_its_fields(specimen: RunningService) -> None:
    parts = fast(specimen, "/report", {"title": "a page"}, "r9").parts
    assert sorted(parts) == ["data", "page"]
    assert (parts["page"].data, parts["page"].filename) == (b"a page", "page.txt")
    assert parts["data"].data == b'{"steps":[{"name":"a page","steps":[{"name":"inner","steps":[]}]}]}'


def test_an_array_is_written_as_the_return_type_says(specimen: RunningService) -> None:
    part = fast(specimen, "/png", {"level": 7}, "r7").parts["result"]
    assert part.content_type == "image/png"
    assert Image.open(io.BytesIO(part.data)).getpixel((0, 0)) == (7, 7, 7)


@pytest.mark.parametrize("how", ["list", "text", "root"])
def test_what_is_no_result_is_a_failure_that_says_so(specimen: RunningService, how: str) -> None:
    body = fast(specimen, "/several", {"how": how}, f"r8{how}").json
    assert body["type"] == "error"
    assert body["message"].startswith("TypeError: ")
    assert "retry_after" not in body


def test_failures_of_a_call(specimen: RunningService) -> None:
    assert fast(specimen, "/fail", {"how": "input"}, "f1").json == {"type": "error", "message": "how: choose another"}
    again = fast(specimen, "/fail", {"how": "again"}, "f2").json
    assert again == {"type": "error", "message": "the model is warming up", "retry_after": 7.0}
    assert fast(specimen, "/fail", {"how": "bug"}, "f3").json["message"] == "ZeroDivisionError: by nothing"
    assert fast(specimen, "/fail", {"how": "exit"}, "f4").json["message"] == "SystemExit: 3"
    assert "ZeroDivisionError: by nothing" in specimen.log
    long = fast(specimen, "/fail", {"how": "long"}, "f5").json["message"]
    assert long.startswith("ValueError: ?aaa") and len(long) == 4_000


def test_failures_in_direct_use(specimen: RunningService) -> None:
    refused = specimen.call("/fail", data={"how": "input"}, wait=60)
    assert (refused.status, refused.json["detail"]) == (422, "how: choose another")
    assert refused.headers["content-type"] == "application/problem+json"
    later = specimen.call("/fail", data={"how": "again"}, wait=60)
    assert (later.status, later.headers["retry-after"]) == (503, "7")
    bug = specimen.call("/fail", data={"how": "bug"}, wait=60)
    assert (bug.status, bug.json["detail"]) == (500, "ZeroDivisionError: by nothing")


def test_the_same_bodies_come_as_callbacks(specimen: RunningService) -> None:
    with CallbackReceiver() as receiver:
        for how in ("mixed", "many", "none"):
            answer = specimen.call("/several", data={"how": how}, callback_url=receiver.url, task_id=f"cb-{how}")
            assert (answer.status, answer.json["task_id"]) == (200, f"cb-{how}")
        specimen.call("/fail", data={"how": "again"}, callback_url=receiver.url + "?a=b%20c", task_id="x&y")
        assert sorted(receiver.wait_for("cb-mixed").parts) == ["data", "picture"]
        assert sorted(receiver.wait_for("cb-many").parts) == ["result0", "result1", "result2"]
        assert receiver.wait_for("cb-none").json == {}
        failure = receiver.wait_for("x&y")
        assert failure.json["retry_after"] == 7
        assert failure.query == {"a": "b c", "task_id": "x&y"}


def test_a_single_picture_comes_plain_where_the_client_asks_for_pictures(specimen: RunningService) -> None:
    files = {"image": ("a.jpg", picture(), "image/jpeg")}
    answer = specimen.call("/mirror", files=files, data={"areas": []}, wait=60, headers={"Accept": "image/*"})
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.body)).convert("RGB")
    left = image.getpixel((0, 0))
    assert isinstance(left, tuple) and left[2] > 200 > 60 > left[0]
