"""From a picture to what the model sees: found, scaled and centred, whatever the paper and the pen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import DRAWN, Drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pictures import bar, blurred, inverted, photographed, pixels_of
from PIL import Image

from digit_recognition.features import FEATURES, stroke_width
from digit_recognition.prepare import Prepared, prepare


def prepared(picture: np.ndarray) -> Prepared:
    found = prepare(picture)
    assert found is not None
    return found


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two frames."""
    return float(np.corrcoef(one.reshape(-1), other.reshape(-1))[0, 1])


@pytest.mark.parametrize("drawn", DRAWN)
def test_a_drawn_digit_is_scaled_and_centred(drawn: Drawn) -> None:
    found = prepared(drawn.render())
    image = found.image
    assert image.shape == (28, 28) and image.dtype == np.float32
    assert 0 <= image.min() and 0.85 <= image.max() <= 1
    rows, columns = np.flatnonzero(image.max(axis=1) > 0.3), np.flatnonzero(image.max(axis=0) > 0.3)
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    assert 18 <= longest <= 22
    middle = [float((image.sum(axis=1 - axis) * np.arange(28)).sum() / image.sum()) for axis in (0, 1)]
    # A pixel, and what the frame does not let a digit move further.
    assert all(abs(value - 13.5) <= 0.5 for value in middle), middle
    left, top, right, bottom = found.box
    at, size, pen = drawn.at, drawn.size, drawn.pen
    assert abs(top - (at[1] - pen / 2)) < 12 and abs(bottom - (at[1] + size + pen / 2)) < 20 and left >= at[0] - pen


def test_polarity_does_not_matter() -> None:
    picture = DRAWN[10].render()
    dark, light = prepared(picture), prepared(inverted(picture))
    assert likeness(dark.image, light.image) > 0.99
    assert dark.features["brightness"] > 200 and light.features["brightness"] < 55


@pytest.mark.parametrize("side", [60, 400, 1500])
def test_size_and_place_do_not_matter(side: int) -> None:
    picture = Image.fromarray(DRAWN[14].render())
    paper = Image.new("RGB", (3 * side, 2 * side), (255, 255, 255))
    paper.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (2 * side, side // 2))
    assert likeness(prepared(np.asarray(picture)).image, prepared(np.asarray(paper)).image) > 0.9


@pytest.mark.parametrize("number", range(len(DRAWN)))
def test_a_photo_shows_the_same_digit(number: int) -> None:
    picture = DRAWN[number].render()
    photo = prepared(pixels_of(photographed(picture, number)))
    assert photo.shapes == 1
    assert likeness(prepared(picture).image, photo.image) > 0.8


def test_a_shadow_over_the_paper_is_no_ink() -> None:
    picture = DRAWN[6].render().astype(np.float32)
    shade = np.linspace(0.35, 1, picture.shape[1])[None, :, None]
    assert likeness(prepared(DRAWN[6].render()).image, prepared((picture * shade).astype(np.uint8)).image) > 0.95


@pytest.mark.parametrize("angle", [0, 4, -7])
@pytest.mark.parametrize("number", [1, 6, 12])
def test_a_sheet_on_a_table_is_looked_into(number: int, angle: float) -> None:
    sheet = Image.fromarray(replace(DRAWN[number], ink=(20, 20, 60), ground=(250, 250, 245)).render())
    table = Image.new("RGB", (sheet.width * 3 // 2, sheet.height * 3 // 2), (96, 62, 40))
    table.paste(sheet, (sheet.width // 4, sheet.height // 4))
    photo = table.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(96, 62, 40))
    found = prepared(np.asarray(photo))
    alone = prepared(np.asarray(sheet.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(250, 250, 245))))
    assert found.shapes == 1 and likeness(alone.image, found.image) > 0.9


@pytest.mark.parametrize("pen", [40, 56])
def test_thick_strokes_are_no_sheet(pen: int) -> None:
    for drawn in DRAWN:
        picture = replace(drawn, canvas=(280, 280), at=(70, 60), size=160, pen=pen).render()
        _, top, _, bottom = prepared(picture).box
        assert bottom - top >= 145 + pen, drawn
    assert prepared(bar(120, 160)).shapes == 1


def test_another_colour_of_the_same_brightness_is_ink() -> None:
    green, red = np.array([0, 130, 0]), np.array([255, 0, 0])
    weights = np.array([0.299, 0.587, 0.114])
    assert abs(float((green - red) @ weights)) < 1
    mask = bar(30, 120) == 0
    assert prepared(np.where(mask[..., None], red, green).astype(np.uint8)).box == (84, 40, 116, 160)


def test_dust_and_the_edge_of_the_paper_are_left_out() -> None:
    clean = DRAWN[4].render()
    dirty = clean.copy()
    dirty[:, :6] = 60
    for x, y in ((20, 20), (250, 30), (240, 260), (40, 200)):
        dirty[y : y + 3, x : x + 3] = 0
    assert likeness(prepared(clean).image, prepared(dirty).image) > 0.97


@pytest.mark.parametrize(("value", "noise"), [(255, 0), (0, 0), (128, 0), (200, 4), (127, 60)])
def test_where_nothing_is_drawn_nothing_is_found(value: int, noise: float) -> None:
    random = np.random.default_rng(1)
    picture = np.clip(
        value + random.normal(0, noise, (200, 300, 3)) if noise else np.full((200, 300, 3), value), 0, 255
    )
    assert prepare(picture.astype(np.uint8)) is None


def test_several_digits_are_noticed() -> None:
    one = DRAWN[2].render()
    two = np.concatenate([one, DRAWN[14].render()], axis=1)
    assert prepared(one).shapes == 1
    assert prepared(two).shapes == 2
    assert prepared(np.concatenate([two, np.full_like(two, 255)])).shapes == 2
    assert prepared(np.concatenate([one, DRAWN[0].render()])).shapes == 2


def test_a_digit_in_two_pieces_is_one() -> None:
    five = next(drawn for drawn in DRAWN if drawn.digit == 5)
    broken = five.render().copy()
    broken[75:80] = 255
    assert prepared(broken).shapes == 1


@pytest.mark.parametrize(("width", "height", "stroke"), [(20, 160, 2.5), (40, 160, 5.0), (30, 120, 5.0)])
def test_the_width_of_a_stroke(width: int, height: int, stroke: float) -> None:
    # 2 * area / perimeter of a bar of w x h is w * h / (w + h).
    exact = stroke * 20 / (stroke + 20)
    assert prepared(bar(width, height)).features["stroke"] == pytest.approx(exact, rel=0.12)


def test_the_other_features() -> None:
    features = prepared(bar(30, 120, ink=55, ground=205)).features
    assert tuple(features) == FEATURES
    assert features["brightness"] == pytest.approx(205 - 150 * 30 * 120 / 200**2, abs=0.5)
    assert features["contrast"] == pytest.approx(150, abs=2)
    assert features["ink"] == pytest.approx(5 * 20 / 28**2, rel=0.1)


def test_blur_makes_edges_less_sharp() -> None:
    picture = DRAWN[8].render()
    values = [prepared(each).features["sharpness"] for each in (picture, blurred(picture, 3), blurred(picture, 6))]
    assert values[0] > 1.4 * values[1] > 1.4 * 1.2 * values[2]


@pytest.mark.parametrize("pen", [2, 3, 5])
def test_thin_strokes_are_widened(pen: int) -> None:
    thin = prepared(replace(DRAWN[6], pen=pen).render())
    assert thin.features["stroke"] < 1
    assert stroke_width(thin.image) == pytest.approx(1.9, abs=0.15)


@pytest.mark.parametrize("shape", [(28, 28, 4), (28,), (28, 28, 1)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a picture is uint8"):
        prepare(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="float32"):
        prepare(np.zeros((28, 28), np.float32))


@settings(deadline=None, max_examples=60)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_picture_gives_nothing_or_a_frame(picture: np.ndarray) -> None:
    found = prepare(picture)
    if found is None:
        return
    assert np.isfinite(found.image).all() and 0 <= found.image.min() <= found.image.max() <= 1
    assert all(np.isfinite(value) for value in found.features.values())
    left, top, right, bottom = found.box
    assert 0 <= left < right <= picture.shape[1] and 0 <= top < bottom <= picture.shape[0]
