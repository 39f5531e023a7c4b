"""Picture files into arrays of pixels, as people see them.

The header is read first: what is no picture, or is too large, is refused before a pixel is decoded. Everything that
comes out is 8 bit grey, RGB or RGBA with the EXIF rotation applied, whatever the file held.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

MAX_PIXELS = 40_000_000
"""A picture of more pixels is refused: as RGBA it would take more than 160 MB."""

MAX_SCANS = 100
"""A progressive JPEG has about ten scans; each costs a pass over the whole picture, and a file can hold 100,000."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""The file formats that are read, by Pillow's names; no other parser sees a byte of the input."""

Pixels = NDArray[np.uint8]
"""(height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA."""

ORIENTATION = 0x0112
PHOTO_TAGS = 0x8769
GPS_TAGS = 0x8825
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# A marker is 0xFF and a code; 0xFF00 is data, 0xFFD0 to 0xFFD7 are restarts within a scan, further 0xFF are padding.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Pillow only warns up to twice the limit, and some of its parsers check nothing else before they allocate.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PictureError(ValueError):
    """What was sent cannot be worked on; the message says what to change."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture. `profile` is the ICC profile that `pixels` are to be shown with, if the file had one."""

    pixels: Pixels
    format: str
    """`jpeg`, `png`, `webp`, `gif`, `bmp` or `tiff`: what the file was."""
    profile: bytes | None = None
    exif: Mapping[int, Any] = field(default_factory=dict)
    """EXIF tags by number; under 0x8769 (photo) and 0x8825 (GPS) stand mappings of their own."""

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes) -> Picture:
    """The first frame of the picture file `data`.

    Raises PictureError where it is no JPEG, PNG, WebP, GIF, BMP or TIFF picture, has more than 40 megapixels, or is
    damaged or cut.
    """
    if not data:
        raise PictureError("the picture is empty (0 bytes): send a JPEG, PNG, WebP, GIF, BMP or TIFF file")
    with _open(io.BytesIO(data)) as image:
        name = "jpeg" if image.format == "MPO" else str(image.format).lower()
        if name == "jpeg" and _scans(data) > MAX_SCANS:
            raise PictureError(f"the JPEG has more than {MAX_SCANS} scans: save it anew, as a usual JPEG")
        try:
            image.load()
            exif = _exif(image)
            profile = image.info.get("icc_profile")
            plain = _eight_bit(image)
            upright = _upright(plain, exif.get(ORIENTATION))
        except Exception as error:  # a parser's way to fail on hostile bytes is not limited to OSError
            raise PictureError(f"the {name} picture is damaged or cut: {error}") from error
        return Picture(np.asarray(upright), name, _fitting_profile(profile, upright.mode), exif)


def _open(stream: BinaryIO) -> Image.Image:
    """The picture with its header read and no pixel decoded."""
    too_large = f"more than {MAX_PIXELS // 1_000_000} megapixels: scale it down first"
    try:
        image = Image.open(stream, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"the picture has {too_large}") from error
    except Exception as error:
        raise PictureError(
            "the file is no JPEG, PNG, WebP, GIF, BMP or TIFF picture, or its start is damaged"
        ) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(f"the picture has {width} x {height} pixels, {too_large}")
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # A tile is decoded as a whole, even where the picture covers a corner of it.
        tile = int(image.tag_v2.get(322, 1)) * int(image.tag_v2.get(323, 1))
        if tile > MAX_PIXELS:
            raise PictureError(f"the TIFF's tiles have {too_large}")
    return image


def _scans(data: bytes) -> int:
    """How many scans a JPEG holds, by its markers up to the end of its first picture (ITU-T T.81, B.1.1)."""
    scans, position = 0, 2
    while marker := _JPEG_MARKER.search(data, position):
        position = marker.end()
        code = data[position - 1]
        if code == 0xD9:
            break
        if code not in (0x01, 0xD8):
            position += int.from_bytes(data[position : position + 2], "big")
        scans += code == 0xDA
    return scans


def _exif(image: Image.Image) -> dict[int, Any]:
    """The picture's EXIF tags; broken ones count as none, for the picture itself may well be whole."""
    try:
        exif = image.getexif()
        tags = dict(exif.items())
    except Exception:
        return {}
    for group in (PHOTO_TAGS, GPS_TAGS):
        if group in tags:
            try:
                tags[group] = dict(exif.get_ifd(group))
            except Exception:
                del tags[group]
    return tags


def _upright(image: Image.Image, orientation: object) -> Image.Image:
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture in mode L, RGB or RGBA."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return Image.fromarray(_scaled(np.asarray(image)))
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode == "CMYK":
        return _from_cmyk(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(values: NDArray[Any]) -> Pixels:
    """Grey values of 16 or 32 bit as 8 bit: 65535 becomes 255.

    32 bit files say nothing of their range: integers are taken as 16 bit, or over their own largest value where that
    is higher; fractions as 0 to 1, or again over their own largest value.
    """
    if values.dtype == np.uint16:
        return np.asarray(cv2.convertScaleAbs(values, alpha=1 / 257), dtype=np.uint8)
    numbers = np.nan_to_num(values.astype(np.float32), copy=False, posinf=0.0, neginf=0.0)
    usual = 1.0 if values.dtype.kind == "f" else 65535.0
    top = max(usual, float(numbers.max()))
    return np.asarray(np.clip(np.rint(numbers * (255.0 / top)), 0, 255), dtype=np.uint8)


def _from_cmyk(image: Image.Image) -> Image.Image:
    """CMYK as sRGB, by the file's own ink profile if it has a valid one."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, inks, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _fitting_profile(profile: bytes | None, mode: str) -> bytes | None:
    """The ICC profile, if it is one for pixels of this mode (its header names the colour space at byte 16)."""
    space = b"GRAY" if mode == "L" else b"RGB "
    return profile if profile and profile[16:20] == space else None
