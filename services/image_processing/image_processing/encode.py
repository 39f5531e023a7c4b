"""Pixels into picture files."""

from __future__ import annotations

import io
from typing import Any, Mapping

from aiservice import InputError
from aiservice.images_decode import GPS_TAGS, PHOTO_TAGS
from PIL import Image

from .picture import Pixels

FORMATS = ("jpeg", "png", "webp", "bmp", "gif", "tiff")
_ALIASES = {"jpg": "jpeg", "jpe": "jpeg", "pjpeg": "jpeg", "tif": "tiff", "x-ms-bmp": "bmp", "x-png": "png"}
_EXTENSIONS = {"jpeg": "jpg"}

HIGH_QUALITY = 95
"""JPEG and WebP quality of edited pictures: what was not edited stays visually as it was."""

_LARGEST_SIDE = {"jpeg": 65_500, "webp": 16_383, "gif": 65_535}
_OPAQUE = ("jpeg", "bmp")
_WITH_EXIF = ("jpeg", "png", "webp")
_PALETTE_SIZE = (1_000, 1_000)
_EXIF_LIMIT = 65_000
"""A JPEG holds EXIF data in one segment of at most 65,533 bytes."""

# Tags that speak of the scene and stay true in another file: description, make, model, resolution, software, date,
# artist, copyright. Others speak of the old file's structure, or hold a small copy of the old picture.
_KEPT_TAGS = (270, 271, 272, 282, 283, 296, 305, 306, 315, 33432)
# Maker notes (37500) hold offsets into the old file; sizes (40962, 40963) and interoperability (40965) are its own.
_DROPPED_PHOTO_TAGS = (37500, 40962, 40963, 40965)


def format_name(text: str) -> str:
    """`jpeg`, `png`, `webp`, `bmp`, `gif` or `tiff` for what people write: `JPG`, `.png`, `image/webp`.

    Raises InputError, with the names that are known, for anything else.
    """
    name = text.strip().lower().removeprefix("image/").removeprefix(".")
    name = _ALIASES.get(name, name)
    if name not in FORMATS:
        raise InputError(f"the format {text!r:.40} is unknown: use one of {', '.join(FORMATS)}")
    return name


def kept_format(name: str) -> str:
    """The format of an edited picture: that of the input where it is common on the web, else `png`."""
    return name if name in ("jpeg", "png", "webp") else "png"


def media_type(name: str) -> str:
    return f"image/{name}"


def file_name(stem: str, name: str) -> str:
    return f"{stem}.{_EXTENSIONS.get(name, name)}"


def encode(
    picture: Pixels | Image.Image,
    name: str,
    quality: int = HIGH_QUALITY,
    profile: bytes | None = None,
    exif: Mapping[int, Any] | None = None,
) -> bytes:
    """The file of format `name` that shows `picture`, with the ICC profile and, of `exif`, what speaks of the scene.

    `quality` (1 to 100) matters for jpeg and webp; from 90 on a jpeg keeps its colours in full resolution (4:4:4).
    Transparency is put on white for jpeg and bmp. Raises InputError where the format cannot hold so large a picture.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    width, height = image.size
    largest = _LARGEST_SIDE.get(name, width + height)
    if max(width, height) > largest:
        raise InputError(f"a {name} picture has at most {largest} pixels a side, and this has {width} x {height}")
    if name in _OPAQUE:
        image = flattened(image)
    options: dict[str, Any] = {}
    if name == "jpeg":
        options = {"quality": quality, "subsampling": 0 if quality >= 90 else 2}
    elif name == "webp":
        options = {"quality": quality}
    elif name == "png":
        # Twice as fast as the default, and a few per cent larger.
        options = {"compress_level": 4}
    elif name == "gif":
        image = _in_palette(image)
    elif name == "tiff":
        options = {"compression": "tiff_adobe_deflate"}
    if profile and name not in ("gif", "bmp"):
        options["icc_profile"] = profile
    block = _exif_block(exif) if exif and name in _WITH_EXIF else b""
    if block:
        options["exif"] = block
    stream = io.BytesIO()
    image.save(stream, name.upper(), **options)
    return stream.getvalue()


def _in_palette(image: Image.Image) -> Image.Image:
    """An RGB picture in the 256 colours that a small copy of it needs; counting those of a large one takes minutes."""
    if image.mode != "RGB":
        return image
    small = image.copy()
    small.thumbnail(_PALETTE_SIZE)
    return image.quantize(palette=small.quantize(256))


def flattened(image: Image.Image) -> Image.Image:
    """The picture without transparency: an RGBA picture is put on white."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _exif_block(tags: Mapping[int, Any]) -> bytes:
    """EXIF data with the tags that are kept; empty where they cannot be written, for files hold the oddest values."""
    exif = Image.Exif()
    for tag in _KEPT_TAGS:
        if tag in tags:
            exif[tag] = tags[tag]
    photo = {tag: value for tag, value in tags.get(PHOTO_TAGS, {}).items() if tag not in _DROPPED_PHOTO_TAGS}
    for group, values in ((PHOTO_TAGS, photo), (GPS_TAGS, dict(tags.get(GPS_TAGS, {})))):
        if values:
            exif[group] = values
    try:
        block = exif.tobytes() if len(exif) else b""
    except Exception:
        return b""
    return block if len(block) <= _EXIF_LIMIT else b""
