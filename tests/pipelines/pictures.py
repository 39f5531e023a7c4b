"""Pictures with many faces, made from the sample that has one, and what is to be found in them."""

import io
import math
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageChops, ImageStat

from tools.layout import SAMPLES

Picture = Image.Image
Box = Sequence[int]

SAMPLE = SAMPLES / "astronaut.jpg"
HEAD = (60, 20, 340, 240)
"""The part of the sample that is pasted: the face with hair and neck, and the face in its middle."""

COLUMNS, ROWS = 4, 3
TILE = (340, 280)
SCALES = (1.0, 0.8, 1.2, 0.9, 0.7, 1.1, 0.85, 1.15, 0.75, 1.05, 0.95, 1.2)
KINDS = ("warm", "grey", "grey", "warm", "grey", "warm", "warm", "grey", "grey", "grey", "warm", "grey")
"""Of the twelve faces, row by row: whether they are left in colour or are grey."""


def sample() -> Picture:
    """The portrait, 512 x 512."""
    with Image.open(SAMPLE) as picture:
        return picture.convert("RGB")


def group(columns: int = COLUMNS, rows: int = ROWS) -> Picture:
    """A picture of `columns` x `rows` faces of different sizes, every second one mirrored; the kinds are KINDS."""
    picture = Image.new("RGB", (columns * TILE[0], rows * TILE[1]), (120, 140, 150))
    for number in range(columns * rows):
        head = sample().crop(HEAD)
        if number % 2:
            head = head.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if KINDS[number] == "grey":
            head = head.convert("L").convert("RGB")
        scale = SCALES[number]
        head = head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS)
        row, column = divmod(number, columns)
        picture.paste(head, (column * TILE[0] + 2, row * TILE[1] + 8))
    return picture


def kind_of(box: Box, columns: int = COLUMNS) -> str:
    """Whether the face of a `group` that lies in this box is warm or grey."""
    column, row = (box[0] + box[2]) // 2 // TILE[0], (box[1] + box[3]) // 2 // TILE[1]
    return KINDS[row * columns + column]


def landscape(width: int = 480, height: int = 320) -> Picture:
    """Soft coloured hills, and no face."""
    channels = [Image.radial_gradient("L"), Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90)]
    return Image.merge("RGB", channels).resize((width, height))


def jpeg(picture: Picture, **options: Any) -> bytes:
    """The picture as a JPEG file of high quality."""
    return file_of(picture, "JPEG", quality=95, subsampling=0, **options)


def file_of(picture: Picture, name: str, **options: Any) -> bytes:
    """The picture as a file of the format that Pillow calls `name`."""
    stream = io.BytesIO()
    picture.save(stream, name, **options)
    return stream.getvalue()


def opened(data: bytes) -> Picture:
    """A picture file as RGB."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")


def bordered(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box and a fifth of it on each side, as far as a picture of this size reaches."""
    across, down = round((box[2] - box[0]) / 5), round((box[3] - box[1]) / 5)
    left, top, right, bottom = box[0] - across, box[1] - down, box[2] + across, box[3] + down
    return max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])


def likeness(one: Picture, other: Picture) -> float:
    """Peak signal-to-noise ratio of two pictures of one size in dB, infinite where they are the same."""
    assert one.size == other.size, (one.size, other.size)
    squares = [rms**2 for rms in ImageStat.Stat(ImageChops.difference(one, other)).rms]
    mean = sum(squares) / len(squares)
    return 10 * math.log10(255**2 / mean) if mean else math.inf
