"""Picture files into arrays of pixels, as people see them.

Everything that comes out is 8 bit grey, RGB or RGBA with the EXIF rotation applied, whatever the file held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Mapping

import numpy as np
from aiservice import images_decode
from numpy.typing import NDArray
from PIL import Image

MAX_PIXELS = 40_000_000
"""A picture of more pixels is refused: as RGBA it would take more than 160 MB."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""The file formats that are read, by Pillow's names; no other parser sees a byte of the input."""

Pixels = NDArray[np.uint8]
"""(height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture. `profile` is the ICC profile that it is to be shown with, if the file had one."""

    image: Image.Image
    """Of mode L, RGB or RGBA."""
    format: str
    """`jpeg`, `png`, `webp`, `gif`, `bmp` or `tiff`: what the file was."""
    profile: bytes | None = None
    exif: Mapping[int, Any] = field(default_factory=dict)
    """EXIF tags by number; under 0x8769 (photo) and 0x8825 (GPS) stand mappings of their own."""

    @cached_property
    def pixels(self) -> Pixels:
        """The picture as an array, made when it is first asked for: that takes half as long as decoding."""
        return np.asarray(self.image)

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height


def decode(data: bytes) -> Picture:
    """The first frame of the picture file `data`.

    Raises InputError where it is no JPEG, PNG, WebP, GIF, BMP or TIFF picture, has more than 40 megapixels, or is
    damaged or cut.
    """
    decoded = images_decode.decode(data, MAX_PIXELS, FORMATS)
    name = "jpeg" if decoded.format == "MPO" else decoded.format.lower()
    return Picture(decoded.image, name, _fitting_profile(decoded.profile, decoded.image.mode), decoded.exif)


def _fitting_profile(profile: bytes | None, mode: str) -> bytes | None:
    """The ICC profile, if it is one for pixels of this mode (its header names the colour space at byte 16)."""
    space = b"GRAY" if mode == "L" else b"RGB "
    return profile if profile and profile[16:20] == space else None
