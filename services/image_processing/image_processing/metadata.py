"""What a picture file says of itself, as plain JSON values."""

from __future__ import annotations

import math
from typing import Any, Mapping

from aiservice.images_decode import GPS_TAGS, PHOTO_TAGS
from PIL import ExifTags
from PIL.TiffImagePlugin import IFDRational

from .encode import media_type
from .picture import Picture

_LONGEST_LIST = 64
_LONGEST_TEXT = 4_096
# The first eight bytes of these texts name their character set.
_WITH_CHARSET = {"UserComment", "GPSProcessingMethod", "GPSAreaInformation"}


def describe(picture: Picture) -> dict[str, Any]:
    """`format` (media type), `width` and `height` (pixels, after EXIF rotation), and the EXIF tags by name.

    Numbers are numbers, rationals too; texts are texts; the GPS tags stand together under `GPSInfo`. Left out are
    tags without a name, data that is no text (such as maker notes and thumbnails), and values without a meaning (a
    rational with the denominator 0).
    """
    tags: dict[str, Any] = {}
    photo = picture.exif.get(PHOTO_TAGS, {})
    tags.update(_named(picture.exif, ExifTags.TAGS))
    tags.update(_named(photo, ExifTags.TAGS))
    gps = _named(picture.exif.get(GPS_TAGS, {}), ExifTags.GPSTAGS)
    if gps:
        tags["GPSInfo"] = gps
    return tags | {"format": media_type(picture.format), "width": picture.width, "height": picture.height}


def _named(tags: Mapping[int, Any], names: Mapping[int, str]) -> dict[str, Any]:
    result = {}
    for tag, value in tags.items():
        name = names.get(tag)
        if name is None or tag in (PHOTO_TAGS, GPS_TAGS):
            continue
        if isinstance(value, bytes) and name in _WITH_CHARSET:
            value = value[8:]
        plain = _plain(value)
        if plain is not None:
            result[name] = plain
    return result


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it, None where it cannot."""
    if isinstance(value, (IFDRational, float)):
        number = _fraction(value)
        return int(number) if number is not None and number.is_integer() and abs(number) < 2**53 else number
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        return _text_of_bytes(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (list, tuple)) and len(value) <= _LONGEST_LIST:
        items = [_plain(item) for item in value]
        return None if None in items else items
    return None


def _fraction(value: IFDRational | float) -> float | None:
    try:
        number = float(value)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _text_of_bytes(value: bytes) -> str | None:
    try:
        text = value.rstrip(b"\0 ").decode()
    except UnicodeDecodeError:
        return None
    return _text(text) if all(character.isprintable() or character in "\r\n\t" for character in text) else None


def _text(value: str) -> str | None:
    clean = value.replace("\0", "").encode("utf-8", "replace").decode().strip()
    return clean if clean and len(clean) <= _LONGEST_TEXT else None
