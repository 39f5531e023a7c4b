"""Decoding of hostile and broken files; the modes and rotations of good ones are looked at in test_images."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import picture
from PIL import Image, ImageCms

from aiservice import InputError
from aiservice.images_decode import MAX_SCANS, count_scans, decode, open_image

LIMIT = 1_000_000


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is there so often that it has `count` scans."""
    data = picture(16, 16, progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * (count - count_scans(data) + 1) + data[-2:]


def tiled_tiff(tile: int) -> bytes:
    """A grey TIFF of 8 x 8 pixels of the value 7, in one tile of `tile` x `tile` (at most 1,024 bytes are there)."""
    tags = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 277: 1, 322: tile, 323: tile, 324: 200, 325: tile * tile}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head.ljust(200, b"\0") + b"\7" * min(tile * tile, 1_024)


def ink_profile(lightness: int) -> bytes:
    """An ICC profile (version 2) whose coloured inks are all one grey, of `lightness` (0 to 255); black is black."""
    identity = b"".join(struct.pack(">i", 65_536 if cell % 4 == 0 else 0) for cell in range(9))
    table = bytes(range(256))
    lut = (
        b"mft1\0\0\0\0\x04\x03\x02\0" + identity + table * 4 + bytes((lightness, 128, 128, 0, 128, 128)) * 8 + table * 3
    )
    size = 128 + 4 + 12 + len(lut)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp")
    white = struct.pack(">iii", 63_190, 65_536, 54_061)
    head = head.ljust(68, b"\0") + white
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(lut)) + lut


def test_a_jpeg_with_too_many_scans_is_refused_from_memory_and_from_disk(tmp_path: Path) -> None:
    most, more = with_scans(MAX_SCANS), with_scans(MAX_SCANS + 1)
    assert decode(most, LIMIT).image.size == (16, 16)
    path = tmp_path / "more.jpg"
    path.write_bytes(more)
    for source in (more, path):
        with pytest.raises(InputError, match="more than 100 scans"):
            decode(source, LIMIT)


def test_bytes_like_a_scan_behind_the_picture_do_no_harm() -> None:
    assert decode(picture(16, 16) + b"\xff\xda\0\2" * 30_000, LIMIT).image.size == (16, 16)


def test_a_tiff_tile_larger_than_the_limit_is_refused() -> None:
    assert np.asarray(decode(tiled_tiff(32), LIMIT).image).tolist() == [[7] * 8] * 8
    with pytest.raises(InputError, match="the tiles of this TIFF have more than the 1000000 pixels"):
        open_image(tiled_tiff(1_008), LIMIT)


def test_the_limit_is_the_one_that_is_given_and_not_that_of_the_library() -> None:
    png = bytearray(saved(Image.new("1", (1, 1)), "PNG"))
    png[16:24] = struct.pack(">II", 20_000, 20_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    with open_image(bytes(png), 400_000_000) as image:
        assert image.size == (20_000, 20_000)
    with pytest.raises(InputError, match="400000000 pixels, more than the 399999999 "):
        open_image(bytes(png), 399_999_999)


def test_a_gif_frame_larger_than_the_picture_is_refused() -> None:
    gif = bytearray(saved(Image.new("P", (8, 8)), "GIF"))
    at = gif.index(b"\x2c", 13)
    gif[at + 5 : at + 9] = (1_001).to_bytes(2, "little") * 2
    with pytest.raises(InputError, match="the picture has 1002001 pixels, more than the 1000000 "):
        decode(bytes(gif), LIMIT)


@pytest.mark.filterwarnings("ignore:(Possibly c|C)orrupt EXIF data:UserWarning")
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\xff\xff\xff broken", b"Exif\0\0no tags", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"]
)
@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_broken_exif_does_not_cost_the_picture(exif: bytes, kind: str) -> None:
    decoded = decode(picture(16, 8, kind, exif=exif), LIMIT)
    assert (decoded.image.size, decoded.format, decoded.exif.get(0x0112)) == ((16, 8), kind.upper(), None)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_without_meaning_changes_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert decode(saved(Image.new("RGB", (16, 8)), "PNG", exif=exif), LIMIT).image.size == (16, 8)


def test_exif_comes_with_its_groups() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x8769] = {0x829D: 2.0}
    found = decode(picture(16, 8, exif=exif), LIMIT).exif
    assert (found[0x010F], found[0x8769][0x829D]) == ("Maker", 2.0)


def test_cmyk_is_seen_through_its_ink_profile() -> None:
    inks = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    plain = decode(saved(inks, "TIFF"), LIMIT).image
    broken = decode(saved(inks, "TIFF", icc_profile=b"no profile at all" * 20), LIMIT).image
    assert plain.getpixel((0, 0)) == broken.getpixel((0, 0)) == (255, 0, 0)
    for lightness, grey in ((255, 255), (137, 128), (0, 0)):
        decoded = decode(saved(inks, "TIFF", icc_profile=ink_profile(lightness)), LIMIT)
        assert decoded.image.mode == "RGB"
        assert np.abs(np.asarray(decoded.image).astype(int) - grey).max() <= 3


def test_a_profile_comes_as_it_stands() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(picture(16, 8, icc_profile=profile), LIMIT).profile == profile
    assert decode(picture(16, 8), LIMIT).profile is None


def test_only_the_formats_that_are_asked_for_are_read() -> None:
    gif = saved(Image.new("L", (4, 4)), "GIF")
    assert decode(gif, LIMIT, ("PNG", "GIF")).format == "GIF"
    with pytest.raises(InputError, match="not a picture that can be read: send PNG, JPEG$"):
        decode(gif, LIMIT, ("PNG", "JPEG"))


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"GIF89a", b"%!PS-Adobe", bytes(9_999)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="not a picture"):
        decode(data, LIMIT)
