"""Pictures as parameters and results. numpy and Pillow are loaded when a picture is first touched."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from aiservice.errors import InputError
from aiservice.files import File

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as pillow

_FORMATS = ("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP")
"""What is opened. Others of Pillow's formats start programs (EPS) or take almost any bytes for a picture (TGA)."""


@dataclass(frozen=True, slots=True)
class Image:
    """Marks an array as a picture; as a result it is written in `format` (Pillow's name) with `quality` (1 to 100)."""

    format: str = "jpeg"
    quality: int = 90


if TYPE_CHECKING:
    ImageArray = Annotated[NDArray[np.uint8], Image()]
else:
    ImageArray = Annotated[Any, Image()]


@dataclass(slots=True)
class ImageFile(File):
    """A file that is a picture. `format` is its media type; `width` and `height` are pixels as stored, before EXIF."""

    format: str = ""
    width: int = 0
    height: int = 0


def inspect_image(file: File, field: str, max_pixels: int) -> ImageFile:
    """Read the header of a picture. Raises InputError, naming `field`, where it is none or has too many pixels."""
    from PIL import Image as pillow

    with _opened(file, field, max_pixels) as image:
        name = image.format or "unknown"
        kind = pillow.MIME.get(name, f"image/{name.lower()}")
        return ImageFile(file.path, file.name, content_type=kind, format=kind, width=image.width, height=image.height)


def decode_image(file: File, field: str, max_pixels: int) -> "NDArray[np.uint8]":
    """Return a picture as RGB, `uint8`, height x width x 3, turned as its EXIF orientation says, on white.

    Raises InputError, naming `field`, where it cannot be decoded or has too many pixels.
    """
    import numpy
    from PIL import ImageOps

    with _opened(file, field, max_pixels) as image:
        try:
            return numpy.array(_to_rgb(ImageOps.exif_transpose(image)), dtype=numpy.uint8)
        except Exception as error:
            raise InputError(f"{field}: the picture is damaged: {error}") from error


def _opened(file: File, field: str, max_pixels: int) -> "pillow.Image":
    from PIL import Image as pillow

    try:
        image = pillow.open(file.path, formats=_formats())
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning) as error:
        raise InputError(f"{field}: the picture has more than the {max_pixels} pixels that are taken") from error
    except Exception as error:
        raise InputError(f"{field}: this is not a picture that can be read") from error
    if image.width * image.height > max_pixels:
        size = f"{image.width} x {image.height}"
        image.close()
        raise InputError(f"{field}: the picture has {size} pixels, more than the {max_pixels} that are taken")
    return image


@cache
def _formats() -> list[str]:
    from PIL import Image as pillow

    pillow.init()
    return [name for name in _FORMATS if name in pillow.OPEN]


def _to_rgb(image: "pillow.Image") -> "pillow.Image":
    from PIL import Image as pillow

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _to_eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = pillow.new("RGBA", layer.size, (255, 255, 255, 255))
        return pillow.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(image: "pillow.Image") -> "pillow.Image":
    """Scale 16 bit grey to 8 bit; Pillow's own conversion cuts the values off at 255."""
    import numpy
    from PIL import Image as pillow

    values = numpy.nan_to_num(numpy.asarray(image, dtype=numpy.float64))
    scale = 257.0 if image.mode.startswith("I;16") or values.max(initial=0) > 255 else 1.0
    return pillow.fromarray(numpy.clip(values / scale, 0, 255).round().astype(numpy.uint8))


def encode_image(array: Any, format: str = "jpeg", quality: int = 90, name: str | None = None) -> File:
    """Write an array (`uint8`, height x width, x 3 (RGB) or x 4 (RGBA)) as a picture in the call's folder.

    `format` is Pillow's name, `quality` is 1 to 100 for the formats that know it; jpeg drops transparency. Raises
    ValueError for arrays of another type or shape and for unknown formats, RuntimeError outside of an operation.
    """
    import numpy
    from PIL import Image as pillow

    values = numpy.ascontiguousarray(array)
    if values.dtype != numpy.uint8 or not (values.ndim == 2 or values.ndim == 3 and values.shape[2] in (3, 4)):
        raise ValueError(f"a picture is uint8, height x width (x 3 or 4), not {values.dtype} {values.shape}")
    if 0 in values.shape:
        raise ValueError(f"a picture has at least one pixel, not {values.shape}")
    kind = {"JPG": "JPEG", "TIF": "TIFF"}.get(format.upper(), format.upper())
    pillow.init()
    if kind not in pillow.SAVE:
        raise ValueError(f"there is no picture format {format!r}; try jpeg, png or webp")
    image = pillow.fromarray(values)
    if kind == "JPEG" and image.mode == "RGBA":
        image = image.convert("RGB")
    ending = "jpg" if kind == "JPEG" else kind.lower()
    file = File.scratch(name or f"result.{ending}", pillow.MIME.get(kind, ""))
    image.save(file.path, format=kind, quality=quality)
    return file
