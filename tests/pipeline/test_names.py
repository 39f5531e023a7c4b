"""Names in sentences."""

import pytest

from engine.pipeline.names import Hints, listed, name_fault, nearest, quoted

IDS = ["entry", "detect", "blur-faces", "crop", "end"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("entyr", "entry"),
        ("Detect", "detect"),
        ("blurfaces", "blur-faces"),
        ("ned", "end"),
        ("resize", None),
        ("", None),
        ("x" * 5_000, None),
    ],
)
def test_the_nearest_name_is_the_one_that_was_probably_meant(name: str, meant: str | None) -> None:
    assert nearest(name, IDS) == meant


def test_long_names_are_compared_by_case_alone() -> None:
    assert nearest("A" * 90, ["a" * 90]) == "a" * 90
    assert nearest("a" * 90, ["a" * 91]) is None


def test_hints_end_after_so_many_comparisons() -> None:
    hints = Hints(2 * len(IDS))
    assert [hints.did_you_mean("crp", IDS) for _ in range(3)] == ["; did you mean `crop`?"] * 2 + [""]
    assert Hints().nearest("crop", IDS, besides="crop") is None


def test_quoted_names_are_short_and_harmless() -> None:
    assert quoted("a\r\n\x00b") == "`a\\r\\n\\x00b`"
    assert quoted("é") == "`é`"
    assert len(quoted("x" * 5_000)) < 100


def test_lists_of_names_are_short() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b", "c"], "or") == "`a`, `b` or `c`"
    assert listed(["a", "b", "c"], most=1) == "`a` and 2 more"
    assert listed([str(number) for number in range(100)]).endswith("`11` and 88 more")


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "empty"), ("x" * 201, "limit is 200"), ("a\r\nb", "control"), ("\x7f", "control"), ("..", "folder")],
)
def test_names_of_parts_and_files(name: str, words: str) -> None:
    assert words in str(name_fault(name))


@pytest.mark.parametrize("name", ["image", "blurred.jpg", "ein Bild", "x" * 200])
def test_usual_names_are_right(name: str) -> None:
    assert name_fault(name) is None
