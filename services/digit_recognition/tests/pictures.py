"""Pictures for the tests: digits as many people write them, and what cameras do to them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from drawn import DRAWN
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.uint8]


def file_of(picture: Pixels | Image.Image, name: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, name, **options)
    return stream.getvalue()


def written(seed: int) -> Pixels:
    """One of the drawn digits by another hand: turned, of another size, place and pen; black on white, 140 x 140."""
    random = np.random.default_rng(seed)
    drawn = DRAWN[int(random.integers(len(DRAWN)))]
    size = int(random.integers(60, 90))
    place = (int(random.integers(15, 40)), int(random.integers(15, 35)))
    plain = replace(drawn, canvas=(140, 140), at=place, size=size, pen=int(random.integers(6, 11)))
    picture = Image.fromarray(replace(plain, ink=(0, 0, 0), ground=(255, 255, 255)).render())
    turned = picture.rotate(float(random.uniform(-8, 8)), Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    return np.asarray(turned)


def inverted(picture: Pixels) -> Pixels:
    return np.asarray(255 - picture, dtype=np.uint8)


def blurred(picture: Pixels, radius: float = 4) -> Pixels:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def photographed(picture: Pixels, seed: int) -> bytes:
    """The picture as a phone sees it on paper: tilted, in uneven light, with grain, a little soft, as a JPEG."""
    random = np.random.default_rng(seed)
    image = Image.fromarray(picture)
    ground = tuple(int(value) for value in picture[0, 0])
    width, height = image.size
    bend = [float(random.uniform(-0.06, 0.06) / max(image.size)) for _ in range(2)]
    tilt = float(random.uniform(-0.04, 0.04))
    way = (1.0, tilt, -tilt * height / 2, -tilt, 1.0, tilt * width / 2, *bend)
    tilted = image.transform(image.size, Image.Transform.PERSPECTIVE, way, Image.Resampling.BICUBIC, fillcolor=ground)
    pixels = np.asarray(tilted.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    side = random.uniform(-0.35, 0.35, 2)
    light = 0.75 + side[0] * (x - 0.5) + side[1] * (y - 0.5) - 0.25 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    grain = random.normal(0, 5, pixels.shape)
    lit = pixels * light[..., None] * np.array([1.0, 0.96, 0.88]) + 12 + grain
    return file_of(np.clip(lit, 0, 255).astype(np.uint8), "JPEG", quality=80)


def pixels_of(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def bar(width: int, height: int, side: int = 200, ink: int = 0, ground: int = 255) -> Pixels:
    """An upright bar in the middle of a grey square."""
    image = Image.new("L", (side, side), ground)
    left, top = (side - width) // 2, (side - height) // 2
    ImageDraw.Draw(image).rectangle((left, top, left + width - 1, top + height - 1), fill=ink)
    return np.asarray(image)
