"""`describe-faces` and `blur-women` with the real analysis of faces: without attributes, and with small models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines import pictures
from tests.pipelines.pictures import file_of, jpeg, kind_of
from tests.pipelines.system import Json, System
from tests.pipelines.test_blur_women import blurred, check_blurred

GROUP = jpeg(pictures.group())
"""Twelve faces; to the models of the tests those in colour are of women of 30, grey ones of men of 60."""

PAIR = pictures.group(2, 1)
UNKNOWN = "There are 2 faces. Age, gender and expression are not known: the face analysis does not tell."


@pytest.fixture(scope="class")
def geometry(running_system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system with the real analysis, no model of an attribute being installed."""
    with running_system.real_analysis(tmp_path_factory.mktemp("geometry")):
        yield running_system


@pytest.fixture(scope="class")
def telling(running_system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system with the real analysis, and models of three attributes."""
    with running_system.real_analysis(tmp_path_factory.mktemp("telling"), ("age", "gender", "emotion")):
        yield running_system


def check_faces(result: Json, count: int) -> None:
    """Every face was seen by the analysis too."""
    assert len(result["faces"]) == count
    assert not [face for face in result["faces"] if "unclear" in face["sentence"]]


class TestWithoutAttributes:
    """All in one class, so that the service is started once for them."""

    def test_the_analysis_alone(self, geometry: System) -> None:
        assert set(geometry.run("face-analyze", jpeg(pictures.sample()))) == {"face"}
        assert geometry.run("face-analyze", jpeg(pictures.landscape())) == {}

    def test_describe_faces_says_what_is_not_known(self, geometry: System) -> None:
        result = geometry.run("describe-faces", jpeg(PAIR))
        assert result["sentence"] == UNKNOWN
        check_faces(result, 2)
        assert [set(face) for face in result["faces"]] == [{"box", "sentence"}] * 2
        assert geometry.run("describe-faces", file_of(PAIR, "PNG"))["sentence"] == UNKNOWN

    def test_every_face_that_is_found_is_seen_by_the_analysis(self, geometry: System) -> None:
        result = geometry.run("describe-faces", GROUP)
        check_faces(result, 12)
        assert result["sentence"].startswith("There are 12 faces. Age, gender and expression are not known")

    def test_blur_women_blurs_nothing_and_says_why(self, geometry: System) -> None:
        result = geometry.run("blur-women", jpeg(PAIR))
        assert geometry.file(result["blurred.jpg"]) == jpeg(PAIR)
        assert result["women"] == []
        assert result["report"] == (
            "There are 2 faces: 2 whose gender the face analysis does not tell, left as they are."
        )


class TestWithAttributes:
    """All in one class, so that the service is started once for them."""

    def test_describe_faces_tells_them(self, telling: System) -> None:
        result = telling.run("describe-faces", GROUP)
        check_faces(result, 12)
        for face in result["faces"]:
            person = ("Woman", 30) if kind_of(face["box"]) == "warm" else ("Man", 60)
            assert (face["gender"], face["age"]) == person
            assert face["dominant_emotion"] == "happy"
        assert result["sentence"].count("a woman of about 30 who looks happy") == 5
        assert result["sentence"].count("a man of about 60 who looks happy") == 7

    def test_blur_women_blurs_the_faces_of_women(self, telling: System, tmp_path: Path) -> None:
        result = telling.run("blur-women", GROUP)
        women = [box for box in telling.boxes(GROUP) if kind_of(box) == "warm"]
        assert result["women"] == women and len(women) == 5
        assert result["report"] == "There are 12 faces: 5 of women, blurred; 7 of men, left as they are."
        check_blurred(tmp_path, pictures.opened(GROUP), blurred(telling, result), women)

    def test_a_picture_without_a_face(self, telling: System) -> None:
        empty = jpeg(pictures.landscape())
        assert telling.run("describe-faces", empty)["sentence"] == "There is no face in the picture."
        assert telling.run("blur-women", empty)["women"] == []
