"""`blur-women` blurs the faces of women and nothing else, and reports what it did."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.pipelines import pictures
from tests.pipelines.pictures import Box, Picture, file_of, jpeg, opened
from tests.pipelines.system import MAN, WOMAN, Json, System
from tools.picture import MIN_DIFFERENCE, MIN_PSNR, compare

ROUTE = "blur-women"
PAIR = pictures.group(2, 1)
NO_FACE = "There is no face in the picture, and nothing was blurred."


def blurred(system: System, result: Json) -> Picture:
    """The picture of a result that has all that it must have."""
    assert set(result) == {"blurred.jpg", "report", "women"}
    return opened(system.file(result["blurred.jpg"]))


def check_blurred(folder: Path, before: Picture, after: Picture, boxes: Sequence[Box]) -> None:
    """Each of the boxes is blurred, and the rest is as it was but for the noise of a JPEG."""
    before.save(folder / "before.png")
    after.save(folder / "after.png")
    for box in boxes:
        assert compare(folder / "before.png", folder / "after.png", [box]).inside > MIN_DIFFERENCE
    assert compare(folder / "before.png", folder / "after.png", boxes).outside > MIN_PSNR


def test_of_twelve_faces_those_of_women(system: System, tmp_path: Path) -> None:
    file = jpeg(pictures.group())
    women = [box for box in system.boxes(file) if pictures.kind_of(box) == "warm"]
    result = system.run(ROUTE, file)
    check_blurred(tmp_path, opened(file), blurred(system, result), women)
    assert result["women"] == women and len(women) == 5
    assert result["report"] == "There are 12 faces: 5 of women, blurred; 7 of men, left as they are."


def test_a_png(system: System, tmp_path: Path) -> None:
    result = system.run(ROUTE, file_of(PAIR, "PNG"))
    assert [pictures.kind_of(box, columns=2) for box in result["women"]] == ["warm"]
    check_blurred(tmp_path, PAIR, blurred(system, result), result["women"])
    assert result["report"] == "There are 2 faces: 1 of a woman, blurred; 1 of a man, left as it is."


def test_men_alone_leave_the_file_as_it_is(system: System) -> None:
    system.analysis.script(warm=MAN)
    result = system.run(ROUTE, jpeg(PAIR))
    assert system.file(result["blurred.jpg"]) == jpeg(PAIR)
    assert result["women"] == []
    assert result["report"] == "There are 2 faces: 2 of men, left as they are."


def test_without_attributes_nothing_is_blurred_and_the_report_says_why(system: System) -> None:
    system.analysis.script(warm={}, grey={})
    result = system.run(ROUTE, jpeg(PAIR))
    assert system.file(result["blurred.jpg"]) == jpeg(PAIR)
    assert result["women"] == []
    assert result["report"] == ("There are 2 faces: 2 whose gender the face analysis does not tell, left as they are.")


@pytest.mark.parametrize("unknown", [{}, None], ids=["geometry alone", "no face"])
def test_one_face_whose_gender_is_not_told(system: System, tmp_path: Path, unknown: Json | None) -> None:
    system.analysis.script(warm=unknown, grey=WOMAN)
    file = jpeg(PAIR)
    result = system.run(ROUTE, file)
    assert [pictures.kind_of(box, columns=2) for box in result["women"]] == ["grey"]
    check_blurred(tmp_path, opened(file), blurred(system, result), result["women"])
    assert result["report"] == (
        "There are 2 faces: 1 of a woman, blurred; 1 whose gender the face analysis does not tell, left as it is."
    )


def test_a_jpeg_without_a_face_comes_back_byte_for_byte(system: System) -> None:
    file = jpeg(pictures.landscape())
    result = system.run(ROUTE, file)
    assert system.file(result["blurred.jpg"]) == file
    assert (result["women"], result["report"]) == ([], NO_FACE)


def test_a_png_without_a_face_comes_back_as_jpeg(system: System) -> None:
    result = system.run(ROUTE, file_of(pictures.landscape(), "PNG"))
    assert pictures.likeness(blurred(system, result), pictures.landscape()) > MIN_PSNR
    assert (result["women"], result["report"]) == ([], NO_FACE)
