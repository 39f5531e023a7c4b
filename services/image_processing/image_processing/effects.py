"""What is done to pixels. Pure functions: arrays in, new arrays out, the input never changed."""

from __future__ import annotations

import math
from typing import Iterable

import cv2
import numpy as np
from aiservice import InputError
from PIL import Image

from .areas import Box
from .picture import MAX_PIXELS, Pixels

BLUR_CELLS = 6
"""The longer side of a blurred area keeps this many mean values: enough for a skin tone, far too few for a face."""

MIN_CELL = 4
"""Pixels per mean value at the least, so that a very small area is blurred too."""

MAX_CROPPED = 2 * MAX_PIXELS
MAX_SIDE = 20_000


def blur(pixels: Pixels, areas: Iterable[Box]) -> Pixels:
    """A copy whose `areas` are blurred beyond recognition; all pixels outside of them stay as they are.

    An area is reduced to the mean values of a grid of at most 6 x 6 cells, and these are blended back to its full
    size. Unlike a Gaussian filter this cannot be turned back: at most 36 colours are left, whatever the size of the
    area. Empty areas are skipped.
    """
    blurred = pixels.copy()
    for box in dict.fromkeys(areas):
        if box.empty:
            continue
        part = blurred[box.top : box.bottom, box.left : box.right]
        cell = max(MIN_CELL, max(box.width, box.height) / BLUR_CELLS)
        grid = (math.ceil(box.width / cell), math.ceil(box.height / cell))
        means = cv2.resize(part, grid, interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(means, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    return blurred


def blur_within(image: Image.Image, areas: Iterable[Box]) -> None:
    """Blur areas of a picture as `blur` does, in the picture itself: what is not blurred need not be touched.

    A picture of Pillow becomes an array, and an array such a picture, in as much time as a JPEG needs to be decoded.
    """
    for box in dict.fromkeys(areas):
        if box.empty:
            continue
        place = (box.left, box.top, box.right, box.bottom)
        part = np.asarray(image.crop(place))
        image.paste(Image.fromarray(blur(part, [Box(0, 0, box.width, box.height)])), place)


def crop(pixels: Pixels, areas: Iterable[Box]) -> list[Pixels]:
    """One picture per area, in order.

    Raises InputError where an area has no pixel inside the picture (the message has its index), or where the
    results together have more than 80 megapixels.
    """
    parts, total = [], 0
    for index, box in enumerate(areas):
        if box.empty:
            height, width = pixels.shape[:2]
            raise InputError(f"'areas[{index}]' has no pixel inside the picture, which is {width} x {height} pixels")
        total += box.width * box.height
        if total > MAX_CROPPED:
            raise InputError(f"the areas have more than {MAX_CROPPED // 1_000_000} megapixels together: send fewer")
        parts.append(pixels[box.top : box.bottom, box.left : box.right].copy())
    return parts


def greyscale(pixels: Pixels) -> Pixels:
    """The luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B. Opaque pictures become (height, width); in an RGBA
    picture all three colours become the luma, and transparency stays."""
    if pixels.ndim == 2:
        return pixels.copy()
    if pixels.shape[2] == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY)
    return np.dstack((grey, grey, grey, pixels[:, :, 3]))


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture scaled to `width` x `height` by a Lanczos filter with anti-aliasing.

    Colours are weighted with their alpha, so that invisible ones do not bleed into the edges.
    """
    image = Image.fromarray(pixels)
    # Shrinking comes first: what lies between is never larger than the input or the result.
    if height < image.height:
        image = image.resize((image.width, height), Image.Resampling.LANCZOS)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def target_size(
    size: tuple[int, int],
    width: int | None = None,
    height: int | None = None,
    with_ratio: bool = False,
    scale_percent: float | None = None,
) -> tuple[int, int]:
    """The width and height that a picture of `size` (width, height) is to be scaled to.

    - `scale_percent`: both sides by that percentage;
    - `width` or `height` alone: the other side follows, so that the ratio is kept;
    - both: exactly these, or with `with_ratio` the largest size of the same ratio that fits into them.

    Raises InputError where nothing or too much is given, or where the result would have a side outside of 1 to
    20,000 pixels or more than 40 megapixels.
    """
    if scale_percent is not None:
        if width is not None or height is not None:
            raise InputError("give either 'scale_percent' or 'width' and 'height', not both")
        if not (math.isfinite(scale_percent) and 0 < scale_percent <= 100 * MAX_SIDE):
            raise InputError("'scale_percent' must be a number above 0")
        factor = scale_percent / 100
        return _checked(max(1, round(size[0] * factor)), max(1, round(size[1] * factor)))
    for name, value in (("width", width), ("height", height)):
        if value is not None and not 1 <= value <= MAX_SIDE:
            raise InputError(f"'{name}' must be from 1 to {MAX_SIDE} pixels, not {value!r:.40}")
    if width is None and height is None:
        raise InputError("say how large: 'width', 'height', or both, or 'withRatio': true with 'scale_percent'")
    if width is not None and height is not None and not with_ratio:
        return _checked(width, height)
    return _checked(*_fit(size, width, height))


def _fit(size: tuple[int, int], width: int | None, height: int | None) -> tuple[int, int]:
    """The largest size of the ratio of `size` within the sides that are given."""
    by_width = None if width is None else (width, max(1, round(size[1] * width / size[0])))
    by_height = None if height is None else (max(1, round(size[0] * height / size[1])), height)
    candidates = [fit for fit in (by_width, by_height) if fit is not None]
    return min(candidates, key=lambda fit: fit[0] * fit[1])


def _checked(width: int, height: int) -> tuple[int, int]:
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise InputError(
            f"the result would have {width} x {height} pixels: at most {MAX_SIDE} a side"
            f" and {MAX_PIXELS // 1_000_000} megapixels are possible"
        )
    return width, height
