"""The judgement of the demo: it must not call a picture good that is not."""

import math
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from tools.layout import SAMPLES
from tools.picture import compare, side_by_side

SAMPLE = SAMPLES / "astronaut.jpg"
FACE = (178, 83, 273, 178)


def written(path: Path, picture: Image.Image) -> Path:
    picture.save(path)
    return path


def sample() -> Image.Image:
    with Image.open(SAMPLE) as picture:
        return picture.convert("RGB")


def test_a_blurred_face_in_an_unchanged_picture(tmp_path: Path) -> None:
    picture = sample()
    picture.paste(picture.crop(FACE).filter(ImageFilter.GaussianBlur(16)), FACE)
    comparison = compare(SAMPLE, written(tmp_path / "a.png", picture), [FACE])
    assert comparison.faults == []
    assert comparison.inside > 10
    assert math.isinf(comparison.outside)


def test_an_unchanged_picture_is_no_success() -> None:
    assert any("hardly changed" in fault for fault in compare(SAMPLE, SAMPLE, [FACE]).faults)


def test_no_face_is_no_success() -> None:
    assert any("no face" in fault for fault in compare(SAMPLE, SAMPLE, []).faults)


def test_a_picture_that_is_blurred_all_over_is_no_success(tmp_path: Path) -> None:
    blurred = written(tmp_path / "a.png", sample().filter(ImageFilter.GaussianBlur(16)))
    assert any("the rest is changed" in fault for fault in compare(SAMPLE, blurred, [FACE]).faults)


def test_the_numbers_are_those_of_their_definition(tmp_path: Path) -> None:
    before = Image.new("RGB", (10, 10), (100, 100, 100))
    after = Image.new("RGB", (10, 10), (102, 102, 102))
    ImageDraw.Draw(after).rectangle((2, 2, 3, 3), fill=(130, 130, 130))
    paths = written(tmp_path / "a.png", before), written(tmp_path / "b.png", after)
    comparison = compare(*paths, [(2, 2, 4, 4)])
    assert comparison.inside == pytest.approx(30)
    assert comparison.outside == pytest.approx(10 * math.log10(255**2 / 4))


def test_another_size_is_an_error(tmp_path: Path) -> None:
    small = written(tmp_path / "a.png", Image.new("RGB", (8, 8)))
    with pytest.raises(ValueError, match=r"\(512, 512\).*\(8, 8\)"):
        compare(SAMPLE, small, [FACE])


def test_side_by_side_holds_both_pictures_under_captions(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.png", Image.new("RGB", (60, 40), name)) for name in ("red", "blue")]
    side_by_side(paths[0], paths[1], ("before", "after"), tmp_path / "both.png")
    with Image.open(tmp_path / "both.png") as both:
        assert both.width > 120
        assert both.getpixel((30, both.height - 20)) == (255, 0, 0)
        assert both.getpixel((both.width - 30, both.height - 20)) == (0, 0, 255)
        caption = both.crop((0, 0, both.width, 40)).convert("L")
        assert min(caption.tobytes()) < 100
