"""Blur, crop, greyscale and resize on arrays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from aiservice import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import FACE, SAMPLE, pixels_of, psnr, scene
from PIL import Image

from image_processing import effects
from image_processing.areas import Box, boxes
from image_processing.effects import blur, crop, greyscale, resize, target_size
from image_processing.picture import Pixels

NOISE = np.random.default_rng(3).integers(0, 255, (50, 70, 3), dtype=np.uint8)
SIDES = st.integers(1, 70)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-20, 90)] * 4), max_size=5))
def test_blur_changes_nothing_outside(areas: list[tuple[int, ...]]) -> None:
    parts = boxes(areas, 70, 50)
    before = NOISE.copy()
    blurred = blur(NOISE, parts)
    outside = np.ones((50, 70), bool)
    for box in parts:
        outside[box.top : box.bottom, box.left : box.right] = False
    assert np.array_equal(blurred[outside], NOISE[outside])
    assert np.array_equal(NOISE, before), "the input was changed"


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-20, 90)] * 4), max_size=5), st.sampled_from(["L", "RGB", "RGBA"]))
def test_blur_within_a_picture_gives_what_blur_gives(areas: list[tuple[int, ...]], mode: str) -> None:
    image = Image.fromarray(NOISE).convert(mode)
    expected = blur(np.asarray(image), boxes(areas, 70, 50))
    effects.blur_within(image, boxes(areas, 70, 50))
    assert image.mode == mode and np.array_equal(np.asarray(image), expected)


def fine_detail(pixels: Pixels) -> float:
    """Standard deviation of what is finer than a tenth of the width."""
    grey = greyscale(pixels).astype(np.float32)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), pixels.shape[1] / 20)).std())


@pytest.mark.parametrize("factor", [0.3, 1, 4])
def test_blur_leaves_no_detail_whatever_the_size(factor: float) -> None:
    sample = cv2.resize(pixels_of(SAMPLE.read_bytes()), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    pixels = np.asarray(sample, np.uint8)
    (box,) = boxes([[value * factor for value in FACE]], pixels.shape[1], pixels.shape[0])
    face = pixels[box.top : box.bottom, box.left : box.right]
    blurred = blur(pixels, [box])[box.top : box.bottom, box.left : box.right]
    # What a face is told by is finer than a tenth of it.
    before, after = (fine_detail(part) for part in (face, blurred))
    assert after < 0.2 * before
    assert np.abs(face.mean((0, 1)) - blurred.mean((0, 1))).max() < 6


def test_blur_of_grey_and_of_the_smallest_areas() -> None:
    grey = NOISE[:, :, 0]
    assert not np.array_equal(blur(grey, [Box(3, 3, 40, 40)])[3:40, 3:40], grey[3:40, 3:40])
    for size in range(1, 8):
        assert blur(NOISE, [Box(0, 0, size, 1)]).shape == NOISE.shape
    assert len(np.unique(blur(grey, [Box(0, 0, 4, 4)])[:4, :4])) == 1


def test_crop_gives_each_area_in_order() -> None:
    first, second = crop(NOISE, [Box(10, 5, 20, 15), Box(0, 0, 70, 50)])
    assert np.array_equal(first, NOISE[5:15, 10:20]) and np.array_equal(second, NOISE)
    assert crop(NOISE, []) == []


def test_crop_of_nothing_names_the_area() -> None:
    with pytest.raises(InputError, match=r"areas\[1\].*70 x 50"):
        crop(NOISE, [Box(0, 0, 1, 1), Box(70, 0, 70, 50)])


def test_crops_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "MAX_CROPPED", 7_000)
    assert len(crop(NOISE, [Box(0, 0, 70, 50)] * 2)) == 2
    with pytest.raises(InputError, match="fewer"):
        crop(NOISE, [Box(0, 0, 70, 50)] * 3)


def test_greyscale_is_the_luma() -> None:
    grey = greyscale(scene())
    expected = scene() @ np.array([0.299, 0.587, 0.114])
    assert grey.shape == (40, 60) and np.abs(grey - expected).max() <= 1
    assert np.array_equal(greyscale(grey), grey)
    clear = np.dstack((scene(), np.full((40, 60), 9, np.uint8)))
    turned = greyscale(clear)
    assert turned.shape == (40, 60, 4) and (turned[:, :, 3] == 9).all() and np.array_equal(turned[:, :, 1], grey)


@settings(deadline=None)
@given(SIDES, SIDES)
def test_resize_gives_the_size(width: int, height: int) -> None:
    assert resize(NOISE, width, height).shape == (height, width, 3)
    assert resize(NOISE[:, :, 0], width, height).shape == (height, width)


def test_resize_is_smooth_and_keeps_what_is_seen() -> None:
    sample = pixels_of(SAMPLE.read_bytes())
    half = resize(sample, 256, 256)
    assert psnr(half, np.asarray(cv2.resize(sample, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)) > 32
    assert psnr(resize(half, 512, 512), sample) > 25
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    assert np.abs(resize(stripes, 16, 16).astype(int) - 127).max() < 40, "no anti-aliasing"


def test_resize_does_not_bleed_invisible_colours() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (255, 255, 255, 255)
    pixels[:, 20:] = (255, 0, 0, 0)
    small = resize(pixels, 13, 13)
    seen = small[small[:, :, 3] > 20]
    assert (seen[:, 1] > 240).all()


def test_resize_of_a_long_strip_stays_small() -> None:
    strip = np.zeros((200_000, 20), np.uint8)
    assert resize(strip, 2_000, 20).shape == (20, 2_000)


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"width": 30}, (30, 20)),
        ({"height": 20}, (30, 20)),
        ({"width": 7, "height": 9}, (7, 9)),
        ({"width": 30, "height": 30, "with_ratio": True}, (30, 20)),
        ({"width": 300, "height": 10, "with_ratio": True}, (15, 10)),
        ({"width": 120, "height": 80, "with_ratio": True}, (120, 80)),
        ({"with_ratio": True, "scale_percent": 50}, (30, 20)),
        ({"scale_percent": 0.001}, (1, 1)),
        ({"width": 20_000, "height": 2_000}, (20_000, 2_000)),
    ],
)
def test_target_size(settings: dict[str, int], size: tuple[int, int]) -> None:
    assert target_size((60, 40), **settings) == size  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"with_ratio": True},
        {"width": 0},
        {"width": -5},
        {"height": 20_001},
        {"width": 10**30},
        {"width": 20_000, "height": 2_001},
        {"scale_percent": 0},
        {"scale_percent": -1},
        {"scale_percent": float("nan")},
        {"scale_percent": float("inf")},
        {"scale_percent": 100_000},
        {"scale_percent": 50, "width": 10},
    ],
)
def test_sizes_that_cannot_be(settings: dict[str, int]) -> None:
    with pytest.raises(InputError):
        target_size((60, 40), **settings)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.tuples(SIDES, SIDES), st.integers(1, 500), st.integers(1, 500))
def test_a_fitting_size_fits_and_touches(size: tuple[int, int], width: int, height: int) -> None:
    fitted = target_size(size, width, height, with_ratio=True)
    assert fitted[0] <= width and fitted[1] <= height and (fitted[0] == width or fitted[1] == height)
