"""Encoding: what goes out can be read again, and says of itself only what is true."""

from __future__ import annotations

import numpy as np
import pytest
from aiservice import InputError
from pictures import SAMPLE, file_of, opened, pixels_of, psnr, scene
from PIL import Image, ImageCms, JpegImagePlugin

from image_processing.encode import FORMATS, encode, format_name, kept_format
from image_processing.metadata import describe
from image_processing.picture import decode


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_format_takes_every_kind(name: str, channels: int) -> None:
    pixels = scene()[:, :, 0] if channels == 1 else scene()
    if channels == 4:
        pixels = np.dstack((pixels, np.full((40, 60), 255, np.uint8)))
    image = opened(encode(pixels, name))
    assert (image.format, image.size) == (name.upper(), (60, 40))
    assert psnr(np.asarray(image.convert("RGB")), np.asarray(Image.fromarray(pixels).convert("RGB"))) > 28


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("JPG", "jpeg"),
        ("image/png", "png"),
        (".webp", "webp"),
        ("TIF", "tiff"),
        (" Gif ", "gif"),
        ("image/jpg", "jpeg"),
    ],
)
def test_names_of_formats(text: str, name: str) -> None:
    assert format_name(text) == name


@pytest.mark.parametrize("text", ["", "pdf", "image/", "jpeg2000", "../png", "x" * 10_000])
def test_unknown_formats_name_the_known(text: str) -> None:
    with pytest.raises(InputError, match="jpeg, png, webp") as caught:
        format_name(text)
    assert len(str(caught.value)) < 200


def test_the_format_is_kept_where_the_web_knows_it() -> None:
    assert [kept_format(name) for name in FORMATS] == ["jpeg", "png", "webp", "png", "png", "png"]


def test_transparency_is_put_on_white() -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    for name in ("jpeg", "bmp"):
        assert (pixels_of(encode(clear, name)) >= 250).all()
    assert (pixels_of(encode(clear, "png"), "RGBA")[:, :, 3] == 0).all()


def test_quality_and_colour_resolution() -> None:
    sample = pixels_of(SAMPLE.read_bytes())
    low, high = encode(sample, "jpeg", 20), encode(sample, "jpeg", 95)
    assert len(low) < len(high) / 4
    assert psnr(pixels_of(high), sample) > 40
    assert JpegImagePlugin.get_sampling(opened(high)) == 0, "not 4:4:4"


def test_a_picture_too_large_for_the_format() -> None:
    with pytest.raises(InputError, match="16383"):
        encode(np.zeros((1, 16_384), np.uint8), "webp")
    with pytest.raises(InputError, match="jpeg"):
        encode(np.zeros((70_000, 1), np.uint8), "jpeg")
    assert encode(np.zeros((70_000, 1), np.uint8), "png")


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Kamera"
    exif[0x0112] = 6
    exif[0x011A] = 72.5
    exif[0x8769] = {
        0x829A: 0.008,
        0x9000: b"0230",
        0x9003: "2026:11:21 10:00:00",
        0x927C: b"\x00\xffmaker note",
        0x9286: b"ASCII\0\0\0a comment",
        0xA002: 60,
    }
    exif[0x8825] = {1: "N", 2: (47.0, 22.5, 0.0), 5: b"\0", 29: "2026:11:21"}
    return file_of(scene(), "JPEG", exif=exif, quality=95)


def test_describe() -> None:
    told = describe(decode(with_exif()))
    assert (told["format"], told["width"], told["height"]) == ("image/jpeg", 40, 60)
    assert told["Make"] == "Kamera" and told["XResolution"] == 72.5 and told["ExposureTime"] == 0.008
    assert told["DateTimeOriginal"] == "2026:11:21 10:00:00" and told["ExifVersion"] == "0230"
    assert told["UserComment"] == "a comment" and told["Orientation"] == 6
    assert told["GPSInfo"]["GPSLatitude"] == [47, 22.5, 0] and told["GPSInfo"]["GPSLatitudeRef"] == "N"
    assert "MakerNote" not in told and "ExifOffset" not in told


def test_describe_without_exif() -> None:
    assert describe(decode(file_of(scene(), "WEBP"))) == {"format": "image/webp", "width": 60, "height": 40}


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_convert_keeps_what_speaks_of_the_scene(name: str) -> None:
    picture = decode(with_exif())
    told = describe(decode(encode(picture.pixels, name, 90, picture.profile, picture.exif)))
    assert (told["width"], told["height"], told["Make"]) == (40, 60, "Kamera")
    assert told["GPSInfo"]["GPSLatitude"] == [47, 22.5, 0] and told["UserComment"] == "a comment"
    assert told.get("Orientation", 1) == 1 and "ExifImageWidth" not in told


def test_no_small_copy_of_the_old_picture_goes_along() -> None:
    secret = file_of(scene(16, 16), "JPEG")
    exif = Image.Exif()
    exif[0x010F] = "Kamera"
    exif[0x8769] = {0x927C: secret}
    data = file_of(scene(), "JPEG", exif=exif.tobytes() + secret)
    assert data.count(secret) == 2
    picture = decode(data)
    assert secret not in encode(picture.pixels, "jpeg", 90, None, picture.exif)


def test_exif_that_cannot_be_written_is_left_out() -> None:
    data = encode(scene(), "jpeg", exif={0x010F: object(), 0x8769: {0x9286: b"x" * 70_000}})
    assert decode(data).exif == {}


def test_the_colour_profile_goes_along() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("jpeg", "png", "webp", "tiff"):
        assert decode(encode(scene(), name, profile=profile)).profile == profile
