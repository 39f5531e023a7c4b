"""Pictures for the tests, made here: every mode, format and kind of damage."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FACE = [178, 83, 273, 178]


def scene(width: int = 60, height: int = 40) -> NDArray[np.uint8]:
    """RGB with a ramp to the right in red, one downwards in green, and a dark left upper quarter in blue."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, :, 0] = np.linspace(0, 255, width)[None, :]
    pixels[:, :, 1] = np.linspace(0, 255, height)[:, None]
    pixels[:, :, 2] = 200
    pixels[: height // 2, : width // 2, 2] = 0
    return pixels


def file_of(image: Image.Image | NDArray[Any], name: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(stream, name, **options)
    return stream.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixels_of(data: bytes, mode: str = "RGB") -> NDArray[np.uint8]:
    return np.asarray(opened(data).convert(mode))


def png(width: int, height: int, rows: bytes = bytes(100), depth: int = 8) -> bytes:
    """A PNG of RGB that claims to be so large, and holds these rows, each after its filter byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """A WebP of the extended format that claims to be so large, with an empty lossless frame."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + bytes(9)
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + b"VP8L" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def oriented(pixels: NDArray[np.uint8], orientation: int, name: str = "JPEG", **options: Any) -> bytes:
    """A file that, by its EXIF orientation, shows `pixels`, although it stores them otherwise."""
    # What undoes each orientation: 6 and 8 are each other's inverse, the rest their own.
    way = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    image = Image.fromarray(pixels)
    stored = image if way is None else image.transpose(Image.Transpose(way))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_of(stored, name, exif=exif, **options)


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))
