"""Decoding: every kind of picture comes out as 8 bit pixels as people see them; all else is refused."""

from __future__ import annotations

import io
import resource
from typing import Any

import numpy as np
import pytest
from aiservice import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import SAMPLE, file_of, oriented, pixels_of, png, psnr, scene, webp_header
from PIL import Image, ImageCms

from image_processing import picture
from image_processing.picture import decode

BEST: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG"])
def test_every_format_comes_out_as_it_went_in(name: str) -> None:
    decoded = decode(file_of(scene(), name, **BEST.get(name, {})))
    assert (decoded.format, decoded.width, decoded.height) == (name.lower(), 60, 40)
    assert psnr(decoded.pixels, scene()) > (28 if name == "GIF" else 45)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_is_applied(orientation: int, name: str) -> None:
    decoded = decode(oriented(scene(), orientation, name, **BEST.get(name, {})))
    assert psnr(decoded.pixels, scene()) > 40


def test_grey_stays_grey_and_one_bit_becomes_grey() -> None:
    grey = np.linspace(0, 255, 64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(decode(file_of(grey)).pixels, grey)
    assert set(np.unique(decode(file_of(Image.fromarray(grey).convert("1"))).pixels)) == {0, 255}


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled(name: str) -> None:
    deep = np.array([[0, 257, 32768, 65535]], np.uint16)
    assert decode(file_of(Image.fromarray(deep), name)).pixels.tolist() == [[0, 1, 128, 255]]


def test_32_bit_grey_is_scaled() -> None:
    whole = Image.fromarray(np.array([[0, 65535, -5]], np.int32))
    assert decode(file_of(whole, "TIFF")).pixels.tolist() == [[0, 255, 0]]
    fractions = Image.fromarray(np.array([[0.0, 0.5, 1.0, np.nan]], np.float32))
    assert decode(file_of(fractions, "TIFF")).pixels.tolist() == [[0, 128, 255, 0]]


def test_16_bit_colour_is_scaled() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in scene().astype(">u2") * 257)
    data = png(60, 40, rows, depth=16)
    assert np.array_equal(decode(data).pixels, scene())


def test_palette_with_and_without_transparency() -> None:
    colours = Image.fromarray(scene()).quantize(8)
    assert np.array_equal(decode(file_of(colours)).pixels, np.asarray(colours.convert("RGB")))
    data = file_of(colours, transparency=colours.getpixel((0, 0)))
    decoded = decode(data).pixels
    assert decoded.shape == (40, 60, 4) and decoded[0, 0, 3] == 0 and decoded[-1, -1, 3] == 255


def test_rgba_and_grey_with_alpha() -> None:
    alpha = np.dstack((scene(), np.full((40, 60), 77, np.uint8)))
    assert np.array_equal(decode(file_of(alpha)).pixels, alpha)
    grey = Image.fromarray(scene()).convert("LA")
    assert decode(file_of(grey)).pixels.shape == (40, 60, 4)


def test_cmyk_looks_like_what_it_was_made_from() -> None:
    inks = Image.fromarray(scene()).convert("CMYK")
    assert psnr(decode(file_of(inks, "JPEG", quality=100, subsampling=0)).pixels, scene()) > 40
    assert np.array_equal(decode(file_of(inks, "TIFF")).pixels, scene())
    assert np.array_equal(decode(file_of(inks, "TIFF", icc_profile=b"no profile at all" * 20)).pixels, scene())


def test_the_profile_is_kept_where_it_fits() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(file_of(scene(), icc_profile=profile)).profile == profile
    assert decode(file_of(Image.fromarray(scene()).convert("L"), icc_profile=profile)).profile is None


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (10, 200)]
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        data = file_of(frames[0], name, save_all=True, append_images=frames[1:])
        assert abs(int(decode(data).pixels[0, 0, 0]) - 10) <= 2, name


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<html></html>" * 100, b"\xff\xd8\xff", b"GIF89a", b"%!PS-Adobe", bytes(9999)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="send JPEG, PNG, WEBP, GIF, BMP, TIFF"):
        decode(data)


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_picture_is_refused(name: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = file_of(noise, name)
    with pytest.raises(InputError):
        decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [png(20_000, 20_000), png(8_000, 5_001), webp_header(16_383, 16_383)])
def test_a_bomb_is_refused_by_its_header(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="more than the 40000000 pixels"):
        decode(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG"]), st.integers(0, 2_000))
def test_damage_gives_a_picture_or_a_clear_error(junk: bytes, name: str, at: int) -> None:
    data = file_of(scene(20, 20), name)
    at %= len(data)
    try:
        decoded = decode(data[:at] + junk + data[at + len(junk) :])
    except InputError:
        return
    assert decoded.pixels.dtype == np.uint8 and decoded.pixels.ndim in (2, 3)


def test_the_sample() -> None:
    decoded = decode(SAMPLE.read_bytes())
    assert np.array_equal(decoded.pixels, pixels_of(SAMPLE.read_bytes()))
    assert Image.open(io.BytesIO(SAMPLE.read_bytes())).size == (decoded.width, decoded.height)
    assert picture.MAX_PIXELS == 40_000_000
