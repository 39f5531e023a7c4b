"""The service as a real process: every operation, once right and once wrong."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from aiservice.testing import CallbackReceiver, RunningService, running


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running("my_service") as process:
        yield process


def picture() -> bytes:
    image = Image.new("RGB", (40, 20), "blue")
    image.paste("red", (0, 0, 20, 20))
    target = io.BytesIO()
    image.save(target, "png")
    return target.getvalue()


def test_mirror(service: RunningService) -> None:
    with CallbackReceiver() as engine:
        files = {"image": ("a.png", picture(), "image/png")}
        service.call("/mirror", files=files, data={"axis": "horizontal"}, callback_url=engine.url, task_id="1")
        result = engine.wait_for("1").parts["result"]
    image = Image.open(io.BytesIO(result.data))
    assert (result.content_type, image.size) == ("image/jpeg", (40, 20))
    red, _, blue = np.asarray(image)[10, 2]
    assert blue > 200 > 50 > red


def test_mirror_says_what_is_wrong(service: RunningService) -> None:
    files = {"image": ("a.png", b"no picture", "image/png")}
    answer = service.call("/mirror", files=files, wait=60)
    assert answer.status == 422
    assert answer.json["detail"].startswith("image: this is not a picture that can be read")


def test_what_comes_back_is_described(service: RunningService) -> None:
    paths = service.get("/openapi.json").json["paths"]
    mirror, mean = (paths[path]["post"]["responses"]["200"]["content"] for path in ("/mirror", "/mean"))
    assert mirror["multipart/form-data"]["schema"]["properties"] == {"result": {"type": "string", "format": "binary"}}
    assert mean["application/json"]["schema"]["anyOf"][0]["properties"] == {"mean": {"type": "number"}}


def test_mean(service: RunningService) -> None:
    assert service.call("/mean", data={"values": [1, 2]}, wait=60).json == {"mean": 1.5}
    assert service.call("/mean", data={"values": []}, wait=60).status == 422
