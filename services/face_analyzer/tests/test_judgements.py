"""Eyes, mouth and smile are judged right when the same portraits are edited: lids, lips, corners of the mouth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from edits import upright, with_corners, with_lids, with_mouth
from pictures import mirrored, resized, sample, serious

from face_analyzer.analyzer import geometry
from face_analyzer.finder import FaceFinder, Pixels, Points

Portrait = tuple[Pixels, Points]
OPEN, CLOSED = "open", "closed"


@pytest.fixture(scope="module")
def smiling(finder: FaceFinder) -> Portrait:
    """The sample, enlarged so that edits are smooth, its eyes level."""
    return leveled(finder, sample(2))


@pytest.fixture(scope="module")
def earnest(finder: FaceFinder) -> Portrait:
    """The portrait without a smile, its eyes level."""
    return leveled(finder, resized(serious(), 1.5))


def leveled(finder: FaceFinder, picture: Pixels) -> Portrait:
    first = finder.largest(picture)
    assert first is not None
    level, _ = upright(picture, first.landmarks)
    again = finder.largest(level)
    assert again is not None
    return level, again.landmarks


def judged(finder: FaceFinder, picture: Pixels) -> dict[str, Any]:
    face = finder.largest(picture)
    assert face is not None
    return geometry(face, picture.shape[1], picture.shape[0])


def test_as_they_are(finder: FaceFinder, smiling: Portrait, earnest: Portrait) -> None:
    first, second = judged(finder, smiling[0]), judged(finder, earnest[0])
    assert (first["eyes"], first["mouth"], first["smile"]) == ({"left": OPEN, "right": OPEN}, OPEN, True)
    assert (second["eyes"], second["mouth"], second["smile"]) == ({"left": OPEN, "right": OPEN}, CLOSED, False)
    assert abs(first["roll"]) < 1 and abs(second["roll"]) < 1


def test_closed_eyes(finder: FaceFinder, smiling: Portrait) -> None:
    picture, landmarks = smiling
    right = with_lids(picture, landmarks, "right", 1)
    left, both = with_lids(picture, landmarks, "left", 1), with_lids(right, landmarks, "left", 1)
    assert judged(finder, right)["eyes"] == {"left": OPEN, "right": CLOSED}
    assert judged(finder, left)["eyes"] == {"left": CLOSED, "right": OPEN}
    assert judged(finder, both)["eyes"] == {"left": CLOSED, "right": CLOSED}
    assert judged(finder, mirrored(right))["eyes"] == {"left": CLOSED, "right": OPEN}
    assert judged(finder, both)["mouth"] == OPEN and judged(finder, both)["smile"]


def test_the_more_a_lid_sinks_the_lower_the_ratio(finder: FaceFinder, smiling: Portrait) -> None:
    picture, landmarks = smiling
    ratios = [judged(finder, with_lids(picture, landmarks, "left", part))["ratios"] for part in (0, 0.5, 0.75, 1)]
    lefts = [each["left_eye"] for each in ratios]
    assert lefts == sorted(lefts, reverse=True) and lefts[0] > 2 * lefts[-1]


def test_lips_that_meet(finder: FaceFinder, smiling: Portrait) -> None:
    told = judged(finder, with_mouth(*smiling, apart=0))
    assert told["mouth"] == CLOSED and told["smile"]


@pytest.mark.parametrize("apart", [0.3, 0.4])
def test_lips_apart(finder: FaceFinder, earnest: Portrait, apart: float) -> None:
    told = judged(finder, with_mouth(*earnest, apart=apart))
    assert told["mouth"] == OPEN and not told["smile"]


def test_an_earnest_mouth_that_is_made_to_smile(finder: FaceFinder, earnest: Portrait) -> None:
    told = judged(finder, with_corners(*earnest, wider=0.15, higher=0.1))
    assert told["smile"] and told["mouth"] == CLOSED


@pytest.mark.parametrize("portrait", ["smiling", "earnest"])
def test_the_smile_ratio_follows_the_corners(finder: FaceFinder, portrait: str, request: pytest.FixtureRequest) -> None:
    found: Portrait = request.getfixturevalue(portrait)
    edit: Callable[[float], Pixels] = lambda share: with_corners(*found, wider=share, higher=share * 2 / 3)
    smiles = [judged(finder, edit(share))["ratios"]["smile"] for share in (-0.15, 0, 0.15)]
    assert smiles[0] + 0.05 < smiles[1] < smiles[2] - 0.05
