"""The operations: a file and settings in, a file out. What they do to pictures stands in the other modules."""

from __future__ import annotations

import resource
from typing import Annotated, Any

import cv2
from aiservice import File, ImageFile, Service
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from . import effects, encode, metadata
from .areas import boxes
from .picture import Picture, Pixels, decode

service = Service(
    "image_processing",
    summary="Blur, crop, convert, analyze, greyscale and resize pictures",
    workers=2,
    # A decoder that crashes on a hostile file takes its own process with it, not the service.
    processes=True,
    port=8081,
)

TIME_LIMIT = 120
"""Seconds that one call may work: the slowest, 40 megapixels into WebP, takes about 20 of CPU time."""

WORKER_MEMORY = 4 << 30
"""Bytes of address space of a worker; 40 megapixels need about half. A file that wants more fails by itself."""

_BOXES = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    "description": "Areas [x1, y1, x2, y2] in pixels of the picture as people see it",
    "examples": [[[178, 83, 273, 178]]],
}


class Areas(BaseModel):
    areas: Annotated[list[Any], WithJsonSchema(_BOXES)]


class Format(BaseModel):
    format: str = Field(description="jpeg, png, webp, bmp, gif or tiff", examples=["jpeg"])
    quality: int = Field(90, ge=1, le=100, description="of jpeg and webp")


class Settings(BaseModel):
    width: int | None = Field(None, description="pixels")
    height: int | None = Field(None, description="pixels")
    withRatio: bool = Field(False, description="keep the ratio: the picture fits into width and height")
    scale_percent: float | None = Field(None, description="of both sides, in place of width and height")


class Analysis(BaseModel):
    """What a picture file says of itself; beside these fields the EXIF tags, by name."""

    model_config = ConfigDict(extra="allow")

    format: str = Field(description="media type", examples=["image/jpeg"])
    width: int = Field(description="pixels, as people see it")
    height: int = Field(description="pixels, as people see it")


@service.on_load
def bound() -> None:
    """Bound this worker: its memory, and its threads, for there is one worker per core."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (min(WORKER_MEMORY, hard) if hard > 0 else WORKER_MEMORY, hard))
    cv2.setNumThreads(1)


def result(edited: Pixels | Image.Image, picture: Picture, name: str) -> File:
    """The edited picture as a file, to be shown with the colour profile of the picture that it was made from."""
    grey = edited.mode == "L" if isinstance(edited, Image.Image) else edited.ndim == 2
    profile = picture.profile if grey == (picture.image.mode == "L") else None
    data = encode.encode(edited, name, profile=profile)
    return File.from_bytes(data, content_type=encode.media_type(name), name=encode.file_name("result", name))


@service.operation("image-blur", path="/blur", timeout=TIME_LIMIT)
def blur(image: ImageFile, areas: Areas) -> File:
    """Blur areas of a picture.

    Each area is blurred so strongly that a face in it cannot be recognised, and all the rest stays as it is. Areas are
    cut to the picture; what lies outside is ignored. The result is a JPEG; a JPEG with nothing to blur comes back as
    it was, byte for byte.
    """
    picture = decode(image.read_bytes())
    parts = boxes(areas.areas, picture.width, picture.height)
    if picture.format == "jpeg" and all(part.empty for part in parts):
        return image
    edited = encode.flattened(picture.image)
    effects.blur_within(edited, parts)
    return result(edited, picture, "jpeg")


@service.operation("image-crop", path="/crop", timeout=TIME_LIMIT)
def crop(image: ImageFile, areas: Areas) -> list[File]:
    """Cut areas out of a picture.

    One picture per area, in the same order: `result` for one, `result0`, `result1`, ... for several, nothing for none.
    Areas are cut to the picture; one that has no pixel in it is an error. JPEG, PNG and WebP keep their format, others
    become PNG.
    """
    picture = decode(image.read_bytes())
    parts = effects.crop(picture.pixels, boxes(areas.areas, picture.width, picture.height))
    return [result(part, picture, encode.kept_format(picture.format)) for part in parts]


@service.operation("image-convert", path="/convert", timeout=TIME_LIMIT)
def convert(image: ImageFile, format: Format) -> File:
    """Convert a picture into another format.

    Formats are jpeg, png, webp, bmp, gif and tiff; quality is 1 to 100 (90 if it is not given) and matters for jpeg and
    webp. The picture is turned upright, transparency is put on white for jpeg and bmp; the colour profile is kept (not
    in bmp and gif), and in jpeg, png and webp the EXIF data about the scene.
    """
    name = encode.format_name(format.format)
    picture = decode(image.read_bytes())
    data = encode.encode(picture.image, name, format.quality, picture.profile, picture.exif)
    return File.from_bytes(data, content_type=encode.media_type(name), name=encode.file_name("result", name))


@service.operation("image-analyze", path="/analyze", timeout=TIME_LIMIT)
def analyze(image: ImageFile) -> Analysis:
    """Tell the format, the size and the EXIF data of a picture.

    Width and height are those that people see, after the EXIF rotation.
    """
    return Analysis.model_validate(metadata.describe(decode(image.read_bytes())))


@service.operation("image-greyscale", path="/greyscale", timeout=TIME_LIMIT)
def greyscale(image: ImageFile) -> File:
    """Turn a picture grey.

    The grey value is the luma of ITU-R BT.601. JPEG, PNG and WebP keep their format, others become PNG.
    """
    picture = decode(image.read_bytes())
    return result(effects.greyscale(picture.pixels), picture, encode.kept_format(picture.format))


@service.operation("image-resize", path="/resize", timeout=TIME_LIMIT)
def resize(image: ImageFile, settings: Settings) -> File:
    """Scale a picture.

    Give `width` and `height`, or one of them (the other follows), or `scale_percent`. With `withRatio` the picture
    keeps its ratio and fits into `width` and `height`. JPEG, PNG and WebP keep their format, others become PNG.
    """
    picture = decode(image.read_bytes())
    width, height = effects.target_size(
        (picture.width, picture.height),
        settings.width,
        settings.height,
        settings.withRatio,
        settings.scale_percent,
    )
    return result(effects.resize(picture.pixels, width, height), picture, encode.kept_format(picture.format))
