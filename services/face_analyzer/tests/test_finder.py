"""Which face is found, and where, in pictures of all kinds."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from edits import tilted
from pictures import FACE, landscape, mirrored, overlap, resized, sample, serious

from face_analyzer.drawing import drawn_face
from face_analyzer.finder import LANDMARKS, FaceFinder, Pixels
from face_analyzer.geometry import ratios, roll

MIDDLE = (FACE[0] + FACE[2]) / 2, (FACE[1] + FACE[3]) / 2


BY_HAND = {
    468: (203.5, 101.2),
    473: (246.5, 103.3),
    61: (202.5, 139.7),
    291: (247.5, 138.5),
    13: (224, 143),
    14: (224, 149.5),
}
"""Irises, corners of the mouth, inner edges of the lips: read off the sample by eye, enlarged ten times."""


@pytest.mark.parametrize("side", [128, 512, 2048])
def test_the_sample_at_many_sizes(finder: FaceFinder, side: int) -> None:
    found = finder.largest(sample(side / 512))
    assert found is not None and found.landmarks.shape == (LANDMARKS, 2)
    assert overlap([value * 512 / side for value in found.box[:4]], FACE) > 0.7
    for number, place in BY_HAND.items():
        off = float(np.hypot(*(found.landmarks[number] * 512 / side - place)))
        assert off < 4, (number, off)


@pytest.mark.parametrize("degrees", [-180, -150, -120, -90, -60, -30, -10, 10, 30, 60, 90, 120, 150])
def test_the_roll_of_a_turned_head(finder: FaceFinder, degrees: int) -> None:
    for picture, middle in ((sample(), MIDDLE), (serious(), (264.0, 240.0))):
        straight, turned = finder.largest(picture), finder.largest(tilted(picture, degrees, *middle))
        assert straight is not None and turned is not None
        assert abs(math.remainder(roll(turned) - roll(straight) - degrees, 360)) < 1.5
        assert ratios(turned) == pytest.approx(ratios(straight), abs=0.06)


def test_left_and_right_are_the_persons_own(finder: FaceFinder) -> None:
    straight, exchanged = finder.largest(sample()), finder.largest(mirrored(sample()))
    assert straight is not None and exchanged is not None
    assert straight.landmarks[33, 0] < straight.landmarks[263, 0], "the right eye is on the left of the picture"
    assert exchanged.landmarks[33, 0] < exchanged.landmarks[263, 0]
    assert roll(exchanged) == pytest.approx(-roll(straight), abs=1.5)
    assert abs(512 - exchanged.landmarks[468, 0] - straight.landmarks[473, 0]) < 3


def test_of_two_faces_the_larger(finder: FaceFinder) -> None:
    picture = landscape(1200, 700)
    head, large = sample()[20:240, 60:340], resized(sample()[20:240, 60:340], 1.4)
    picture[50 : 50 + head.shape[0], 50 : 50 + head.shape[1]] = head
    picture[300 : 300 + large.shape[0], 700 : 700 + large.shape[1]] = large
    for seen, expected in ((picture, (858, 373, 1005, 518)), (mirrored(picture), (195, 373, 342, 518))):
        found = finder.largest(seen)
        assert found is not None and overlap(found.box, expected) > 0.7
    picture[300:, 700:] = 120
    found = finder.largest(picture)
    assert found is not None and overlap(found.box, (163, 102, 268, 206)) > 0.7, "the smaller one can be found"


@pytest.mark.parametrize(("face", "quarters"), [(90, 1), (90, 2), (120, 2), (120, 3)])
def test_a_small_face_that_lies(finder: FaceFinder, face: int, quarters: int) -> None:
    picture = landscape(1500, 1000)
    head = resized(sample()[20:240, 60:340], face / 105)
    picture[300 : 300 + head.shape[0], 500 : 500 + head.shape[1]] = head
    found = finder.largest(np.ascontiguousarray(np.rot90(picture, quarters)))
    assert found is not None
    assert abs(math.remainder(roll(found) + 90 * quarters - 3.4, 360)) < 3


@pytest.mark.parametrize("border", [-0.15, 0.0, 0.2, 1.0])
def test_a_face_that_was_cut_out(finder: FaceFinder, border: float) -> None:
    x1, y1, x2, y2 = FACE
    more = round(border * (x2 - x1))
    found = finder.largest(np.ascontiguousarray(sample()[max(0, y1 - more) : y2 + more, x1 - more : x2 + more]))
    assert found is not None
    assert overlap(found.box, (more, min(more, y1), more + x2 - x1, min(more, y1) + y2 - y1)) > 0.6


def test_the_drawn_face_is_found(finder: FaceFinder) -> None:
    found = finder.largest(drawn_face())
    assert found is not None and ratios(found).mouth < 0.08 < 0.25 < min(ratios(found)[:2])


def textures() -> dict[str, Pixels]:
    random = np.random.default_rng(11)
    noise = random.integers(0, 255, (600, 800, 3), dtype=np.uint8)
    made: dict[str, Pixels] = {
        "noise": noise,
        "hills": landscape(1500, 1000),
        "plain": np.full((700, 900, 3), 128, np.uint8),
    }
    soft = cv2.GaussianBlur(noise, (0, 0), 5)
    made["soft noise"] = np.asarray(cv2.normalize(soft, soft.copy(), 0, 255, cv2.NORM_MINMAX), np.uint8)
    discs = np.full((600, 800, 3), 120, np.uint8)
    for _ in range(60):
        x, y, radius = (int(value) for value in random.integers((0, 0, 5), (800, 600, 80)))
        cv2.circle(discs, (x, y), radius, tuple(int(value) for value in random.integers(0, 255, 3)), -1)
    made["discs"] = discs
    random = np.random.default_rng(8)
    # One detector takes some of these ellipses for a face.
    ellipses = np.full((200, 200, 3), int(random.integers(60, 220)), np.uint8)
    for _ in range(12):
        x, y, wide, high = (int(value) for value in random.integers((20, 20, 4, 4), (180, 180, 50, 50)))
        colour = tuple(int(value) for value in random.integers(0, 255, 3))
        cv2.ellipse(ellipses, (x, y), (wide, high), 0, 0, 360, colour, -1)
    made["ellipses"] = ellipses
    body = sample().copy()
    body[:190, 140:310] = 128
    made["astronaut without a head"] = body
    return made


@pytest.mark.parametrize("name", textures())
def test_where_there_is_no_face_none_is_found(finder: FaceFinder, name: str) -> None:
    assert finder.largest(textures()[name]) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (7, 900), (193, 192)])
def test_odd_shapes(finder: FaceFinder, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert finder.largest(noise) is None
