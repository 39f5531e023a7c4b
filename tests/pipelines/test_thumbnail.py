"""`face-thumbnail` gives one JPEG per face, with a border of a fifth of the face, whatever kind of picture is sent."""

from collections.abc import Callable, Sequence

import pytest
from PIL import Image

from tests.e2e.scripts import ended, raw
from tests.pipelines import pictures
from tests.pipelines.pictures import Box, Picture, file_of, jpeg, opened
from tests.pipelines.system import Json, System
from tools.picture import MIN_PSNR

ROUTE = "face-thumbnail"
PAIR = pictures.group(2, 1)
ORIENTATION, TURNED = 0x0112, 6
"""The EXIF tag, and its value for a picture that is to be turned clockwise by a quarter."""


def turned() -> bytes:
    """A JPEG whose pixels lie on their side, and whose EXIF data say so."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    return jpeg(PAIR.transpose(Image.Transpose.ROTATE_90), exif=exif)


GREY = PAIR.convert("L").convert("RGB")
FILES: dict[str, tuple[Callable[[], bytes], Picture, bool]] = {
    "jpeg": (lambda: jpeg(PAIR), PAIR, False),
    "cmyk jpeg": (lambda: jpeg(PAIR.convert("CMYK")), PAIR, False),
    "grey jpeg": (lambda: jpeg(PAIR.convert("L")), GREY, False),
    "turned jpeg": (turned, PAIR, False),
    "png": (lambda: file_of(PAIR, "PNG"), PAIR, True),
    "png with transparency": (lambda: file_of(PAIR.convert("RGBA"), "PNG"), PAIR, True),
    "webp": (lambda: file_of(PAIR, "WEBP", quality=95), PAIR, True),
}
"""Files of the picture with two faces, what they show, and whether they are to be converted."""


def thumbnails(system: System, result: Json) -> list[Picture]:
    """The pictures of a result that holds nothing else, in order."""
    assert sorted(result) == sorted(f"thumbnail{number}" for number in range(len(result)))
    return [opened(system.file(result[f"thumbnail{number}"])) for number in range(len(result))]


def shows_a_face_in_the_middle(system: System, thumbnail: Picture) -> bool:
    """Whether there is one face, near the middle."""
    boxes = system.boxes(jpeg(thumbnail))
    if len(boxes) != 1:
        return False
    x1, y1, x2, y2 = boxes[0]
    across = (x1 + x2) / 2 / thumbnail.width
    down = (y1 + y2) / 2 / thumbnail.height
    return abs(across - 0.5) < 0.1 and abs(down - 0.5) < 0.1


def check_cuts(found: list[Picture], picture: Picture, boxes: Sequence[Box]) -> None:
    """Each thumbnail shows what lies in a box and the border around it, and differs by no more than a JPEG does."""
    assert len(found) == len(boxes)
    for thumbnail, box in zip(found, boxes, strict=True):
        area = pictures.bordered(box, picture.size)
        assert thumbnail.size == (area[2] - area[0], area[3] - area[1])
        assert pictures.likeness(thumbnail, picture.crop(area)) > MIN_PSNR


def test_twelve_faces_give_twelve_pictures(system: System) -> None:
    file = jpeg(pictures.group())
    boxes = system.boxes(file)
    assert len(boxes) == 12
    found = thumbnails(system, system.run(ROUTE, file))
    check_cuts(found, opened(file), boxes)
    assert [shows_a_face_in_the_middle(system, thumbnail) for thumbnail in found] == [True] * 12


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_picture(system: System, kind: str) -> None:
    make, shown, converted = FILES[kind]
    job = system.submit(ROUTE, make())
    found = thumbnails(system, system.result(job))
    nodes = raw(system.engine, job)["nodes"]
    check_cuts(found, shown, nodes["detect"]["out"]["answer"])
    assert len(found) == 2
    assert nodes["convert"]["state"] == ("finished" if converted else "skipped")


def test_the_border_ends_where_the_picture_ends(system: System) -> None:
    file = jpeg(pictures.sample().crop((180, 60, 512, 320)))
    boxes = system.boxes(file)
    assert len(boxes) == 1 and boxes[0][0] < (boxes[0][2] - boxes[0][0]) / 5
    found = thumbnails(system, system.run(ROUTE, file))
    check_cuts(found, opened(file), boxes)


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_picture_without_a_face_gives_nothing(system: System, name: str) -> None:
    assert system.run(ROUTE, file_of(pictures.landscape(), name)) == {}


def test_what_is_no_picture_is_an_error_that_says_so(system: System) -> None:
    status = ended(system.engine, system.submit(ROUTE, b"Dear Sir or Madam"))
    assert status["status"] == "error"
    assert "analyze" in status["message"] and "picture" in status["message"], status["message"]
