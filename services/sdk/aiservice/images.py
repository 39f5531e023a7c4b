"""Pictures as parameters and results. numpy and Pillow are loaded when a picture is first touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from aiservice.errors import InputError, InputTooLarge
from aiservice.files import File, Held
from aiservice.images_decode import decode, open_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    """Read the header of a picture. Raises InputError, naming `field`, where it is none, InputTooLarge where it has too
    many pixels."""
    from PIL import Image as pillow

    with _naming(field), open_image(file.path, max_pixels) as image:
        name = image.format or "unknown"
        kind = pillow.MIME.get(name, f"image/{name.lower()}")
        return ImageFile(file.path, file.name, content_type=kind, format=kind, width=image.width, height=image.height)


def decode_image(file: File | Held, field: str, max_pixels: int) -> "NDArray[np.uint8]":
    """Return a picture as RGB, `uint8`, height x width x 3, turned as its EXIF orientation says, on white.

    Raises InputError, naming `field`, where it cannot be decoded or, as a JPEG, has too many scans, InputTooLarge where
    it has too many pixels.
    """
    import numpy
    from PIL import Image as pillow

    with _naming(field):
        image = decode(file.data if isinstance(file, Held) else file.path, max_pixels).image
    if image.mode == "RGBA":
        ground = pillow.new("RGBA", image.size, (255, 255, 255, 255))
        image = pillow.alpha_composite(ground, image)
    return numpy.array(image.convert("RGB"), dtype=numpy.uint8)


@contextmanager
def _naming(field: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        kind = InputTooLarge if isinstance(error, InputTooLarge) else InputError
        raise kind(f"{field}: {error}") from error


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
