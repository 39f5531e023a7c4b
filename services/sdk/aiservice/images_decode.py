"""Picture files into 8 bit pictures as people see them; numpy and Pillow are loaded when it is first used.

The header is read first: what is no picture, or is too large, is refused before a pixel is decoded.
"""

import io
import mmap
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiservice.errors import InputError, InputTooLarge

if TYPE_CHECKING:
    from PIL import Image as pillow

FORMATS = ("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""What is opened. Others of Pillow's formats start programs (EPS) or take almost any bytes for a picture (TGA)."""

MAX_SCANS = 100
"""A progressive JPEG has about ten scans; each costs a pass over the whole picture, and a file can hold 100,000."""

ORIENTATION, PHOTO_TAGS, GPS_TAGS = 0x0112, 0x8769, 0x8825
_TILE_WIDTH, _TILE_LENGTH = 322, 323

# What Image.transpose is to do for each orientation (TIFF 6.0, tag 274), as the values of Image.Transpose.
_UPRIGHT = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}

# A marker is 0xFF and a code; 0xFF00 is data, 0xFFD0 to 0xFFD7 are restarts within a scan, further 0xFF are padding.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

# Pillow says: "Image size (400000000 pixels) exceeds limit of ... pixels".
_PIXELS = re.compile(r"\((\d+) pixels\)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The first frame of a file: an upright picture in mode L, RGB or RGBA, and what the file said of it.

    `format` is Pillow's name of the file's format. `profile` is the file's ICC profile as it stands, whatever it is
    made for. `exif` are tags by number; under 0x8769 (photo) and 0x8825 (GPS) stand dicts of their own.
    """

    image: "pillow.Image"
    format: str
    profile: bytes | None
    exif: dict[int, Any]


def open_image(source: Path | bytes, max_pixels: int, formats: Sequence[str] = FORMATS) -> "pillow.Image":
    """Return the picture in a file, or in its bytes, with its header read and no pixel decoded.

    Raises InputError where it is none of these formats (Pillow's names), InputTooLarge where it has more than
    `max_pixels` pixels in all, or in one tile of a TIFF.
    """
    from PIL import Image as pillow

    _limit(max_pixels)
    known = _known(tuple(formats))
    with _faults("this is not a picture that can be read: send {}".format(", ".join(known)), max_pixels):
        image = pillow.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=known)
    if image.width * image.height > max_pixels:
        image.close()
        raise InputTooLarge(_too_large(image.width * image.height, max_pixels))
    # A tile is decoded as a whole, even where the picture covers a corner of it.
    tags = getattr(image, "tag_v2", {})
    if image.format == "TIFF" and _whole(tags.get(_TILE_WIDTH)) * _whole(tags.get(_TILE_LENGTH)) > max_pixels:
        image.close()
        raise InputTooLarge(f"the tiles of this TIFF have more than the {max_pixels} pixels that are taken")
    return image


def decode(source: Path | bytes, max_pixels: int, formats: Sequence[str] = FORMATS) -> Decoded:
    """Return the first frame of the picture in a file, or in its bytes.

    Grey and colour of 16 or 32 bits are scaled to 8, palettes and CMYK become RGB. EXIF data that cannot be read count
    as none. Raises InputError as `open_image` does, for a JPEG of more than 100 scans, and for what is damaged or cut.
    """
    with open_image(source, max_pixels, formats) as image:
        name = str(image.format)
        if name in ("JPEG", "MPO") and count_scans(source) > MAX_SCANS:
            raise InputError(f"the JPEG has more than {MAX_SCANS} scans: save it anew, as a usual JPEG")
        with _faults("the picture is damaged or cut", max_pixels, because=True):
            image.load()
            exif = _exif(image)
            profile = image.info.get("icc_profile")
            return Decoded(_upright(_eight_bit(image), exif.get(ORIENTATION)), name, profile, exif)


@contextmanager
def _faults(sentence: str, max_pixels: int, because: bool = False) -> Iterator[None]:
    """Whatever a parser raises, for its way to fail on hostile bytes is not limited to OSError, is an InputError."""
    from PIL import Image as pillow

    try:
        yield
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning) as error:
        pixels = _PIXELS.search(str(error))
        raise InputTooLarge(_too_large(int(pixels[1]) if pixels else None, max_pixels)) from error
    except Exception as error:
        raise InputError(f"{sentence}: {error}" if because else sentence) from error


def _too_large(pixels: int | None, max_pixels: int) -> str:
    size = "" if pixels is None else f"{pixels} pixels, "
    return f"the picture has {size}more than the {max_pixels} pixels that are taken"


def _limit(max_pixels: int) -> None:
    """Let Pillow refuse by itself what is larger: a frame may be, although the header of the file says otherwise."""
    from PIL import Image as pillow

    pillow.MAX_IMAGE_PIXELS = max_pixels
    _refuse_what_pillow_warns_of()


@cache
def _refuse_what_pillow_warns_of() -> None:
    """Pillow only warns up to twice the limit, and some of its parsers check nothing else before they allocate."""
    from PIL import Image as pillow

    warnings.simplefilter("error", pillow.DecompressionBombWarning)


@cache
def _known(formats: tuple[str, ...]) -> list[str]:
    from PIL import Image as pillow

    pillow.init()
    return [name for name in formats if name in pillow.OPEN]


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 1


def count_scans(source: Path | bytes) -> int:
    """Return how many scans a JPEG holds, by its markers up to the end of its first picture (ITU-T T.81, B.1.1)."""
    if isinstance(source, bytes):
        return _scans(source)
    with open(source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _scans(data)


def _scans(data: "bytes | mmap.mmap") -> int:
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


def _exif(image: "pillow.Image") -> dict[int, Any]:
    """Return the tags; broken ones count as none, for the picture itself may well be whole."""
    try:
        exif = image.getexif()
        tags: dict[int, Any] = dict(exif.items())
    except Exception:
        return {}
    for group in (PHOTO_TAGS, GPS_TAGS):
        if group in tags:
            try:
                tags[group] = dict(exif.get_ifd(group))
            except Exception:
                del tags[group]
    return tags


def _upright(image: "pillow.Image", orientation: object) -> "pillow.Image":
    from PIL import Image as pillow

    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(pillow.Transpose(turn))


def _eight_bit(image: "pillow.Image") -> "pillow.Image":
    """Return the picture in mode L, RGB or RGBA."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _scaled(image)
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode == "CMYK":
        return _from_cmyk(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(image: "pillow.Image") -> "pillow.Image":
    """Return grey of 16 or 32 bit as 8 bit; Pillow's own conversion cuts the values off at 255.

    16 bit values are divided by 257. Files of 32 bit say nothing of their range: integers are taken as 16 bit,
    fractions as 0 to the first of 1, 255 and 65535 that they fit in; either over its own largest value where that is
    higher still.
    """
    import numpy
    from PIL import Image as pillow

    values = numpy.asarray(image)
    numbers = numpy.nan_to_num(values.astype(numpy.float32), copy=False, posinf=0.0, neginf=0.0)
    largest = float(numbers.max())
    usual = (1.0, 255.0, 65_535.0) if values.dtype.kind == "f" else (65_535.0,)
    numbers *= 255.0 / next((top for top in usual if largest <= top), largest)
    return pillow.fromarray(numpy.clip(numpy.rint(numbers, out=numbers), 0, 255, out=numbers).astype(numpy.uint8))


def _from_cmyk(image: "pillow.Image") -> "pillow.Image":
    """Return CMYK as sRGB, by the file's own ink profile where it has a valid one."""
    from PIL import ImageCms

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
