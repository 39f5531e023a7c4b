"""`describe-faces` makes sentences of what the analysis tells, and says what it does not tell."""

import pytest

from tests.pipelines import pictures
from tests.pipelines.pictures import file_of, jpeg
from tests.pipelines.system import MAN, WOMAN, Json, System

ROUTE = "describe-faces"
PAIR = jpeg(pictures.group(2, 1))
"""The larger face, which is the first, is in colour, the other one grey."""

A_WOMAN = "a woman of about 31 who looks happy"
A_MAN = "a man of about 45 who looks afraid"


def sentences(result: Json) -> list[str]:
    """Those of the faces."""
    return [face["sentence"] for face in result["faces"]]


def without(attributes: Json, *names: str) -> Json:
    """The attributes but these."""
    return {name: value for name, value in attributes.items() if name not in names}


def test_twelve_faces(system: System) -> None:
    file = jpeg(pictures.group())
    boxes = system.boxes(file)
    phrases = [A_WOMAN if pictures.kind_of(box) == "warm" else A_MAN for box in boxes]
    assert phrases.count(A_WOMAN) == 5 and phrases.count(A_MAN) == 7
    result = system.run(ROUTE, file)
    assert set(result) == {"sentence", "faces"}
    assert result["sentence"] == f"There are 12 faces: {', '.join(phrases[:-1])}, and {phrases[-1]}."
    assert [face["box"] for face in result["faces"]] == boxes
    assert sentences(result) == [f"A{phrase[1:]}." for phrase in phrases]


def test_what_is_known_stands_beside_the_sentence(system: System) -> None:
    faces = system.run(ROUTE, PAIR)["faces"]
    told = [{key: value for key, value in face.items() if key not in ("box", "sentence")} for face in faces]
    assert told == [without(WOMAN, "emotion"), without(MAN, "emotion")]


def test_one_face_in_a_png(system: System) -> None:
    result = system.run(ROUTE, file_of(pictures.sample(), "PNG"))
    assert result["sentence"] == f"There is 1 face: {A_WOMAN}."
    assert len(result["faces"]) == 1


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_no_face(system: System, name: str) -> None:
    result = system.run(ROUTE, file_of(pictures.landscape(), name))
    assert result == {"sentence": "There is no face in the picture.", "faces": []}


def test_without_attributes_it_says_what_is_not_known(system: System) -> None:
    system.analysis.script(warm={}, grey={})
    result = system.run(ROUTE, PAIR)
    assert result["sentence"] == (
        "There are 2 faces. Age, gender and expression are not known: the face analysis does not tell."
    )
    assert sentences(result) == ["A person (age, gender and expression not known)."] * 2
    assert [set(face) for face in result["faces"]] == [{"box", "sentence"}] * 2


def test_an_attribute_that_no_face_has_is_named_once(system: System) -> None:
    system.analysis.script(warm=without(WOMAN, "gender"), grey=without(MAN, "gender"))
    result = system.run(ROUTE, PAIR)
    assert result["sentence"] == (
        "There are 2 faces: a person of about 31 who looks happy, and a person of about 45 who looks afraid. "
        "Gender is not known: the face analysis does not tell."
    )
    assert sentences(result)[1] == "A person of about 45 who looks afraid (gender not known)."


def test_an_attribute_that_one_face_lacks_is_named_there(system: System) -> None:
    system.analysis.script(grey=without(MAN, "age", "dominant_emotion"))
    assert system.run(ROUTE, PAIR)["sentence"] == (
        f"There are 2 faces: {A_WOMAN}, and a man (age and expression not known)."
    )


def test_a_face_that_the_analysis_does_not_see(system: System) -> None:
    system.analysis.script(grey=None)
    result = system.run(ROUTE, PAIR)
    assert result["sentence"] == f"There are 2 faces: {A_WOMAN}, and a face too unclear to be described."
    assert sentences(result)[1] == "A face too unclear to be described."


def test_no_face_that_the_analysis_sees(system: System) -> None:
    system.analysis.script(warm=None, grey=None)
    result = system.run(ROUTE, jpeg(pictures.sample()))
    assert result["sentence"] == "There is 1 face: a face too unclear to be described."
