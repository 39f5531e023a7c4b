"""Compares the picture that went in with the one that came out, and puts them side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

Box = Sequence[float]

# What a viewer takes for unchanged: JPEG at quality 90 or more lies above 35 dB. A blurred face differs by far more
# than the one or two levels that such a compression changes on average.
MIN_PSNR = 35.0
MIN_DIFFERENCE = 5.0

CAPTION_HEIGHT = 40
GAP = 8


@dataclass(frozen=True)
class Comparison:
    """How two pictures differ, in levels of 0 to 255.

    `inside` is the mean absolute difference within the boxes, `outside` the peak signal-to-noise ratio of the rest in
    dB: 10 log10(255^2 / mean squared error), infinite where nothing differs.
    """

    faces: int
    inside: float
    outside: float

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, as sentences."""
        found = []
        if self.faces == 0:
            found.append("no face was found in the sample picture")
        if self.inside < MIN_DIFFERENCE:
            found.append(f"the face is hardly changed: {self.inside:.1f} levels, at least {MIN_DIFFERENCE} are wanted")
        if self.outside < MIN_PSNR:
            found.append(f"the rest is changed: {self.outside:.1f} dB, at least {MIN_PSNR} are wanted")
        return found

    def __str__(self) -> str:
        rest = "identical" if math.isinf(self.outside) else f"PSNR {self.outside:.1f} dB"
        return f"{self.faces} face(s): mean difference inside {self.inside:.1f} of 255 levels; outside {rest}"


def compare(before: Path, after: Path, boxes: Sequence[Box]) -> Comparison:
    """Compare two pictures of one size; raises `ValueError` where the sizes differ."""
    with Image.open(before) as first, Image.open(after) as second:
        if first.size != second.size:
            raise ValueError(f"the picture went in as {first.size} and came out as {second.size}")
        difference = ImageChops.difference(first.convert("RGB"), second.convert("RGB"))
    mask = Image.new("L", difference.size, 0)
    draw = ImageDraw.Draw(mask)
    for left, top, right, bottom in boxes:
        # Boxes are half-open, the drawn rectangle includes its last row and column.
        draw.rectangle((left, top, right - 1, bottom - 1), fill=255)
    rest = ImageChops.invert(mask)
    inside = _mean(ImageStat.Stat(difference, mask).mean) if boxes else 0.0
    squares = _mean([rms**2 for rms in ImageStat.Stat(difference, rest).rms])
    return Comparison(len(boxes), inside, 10 * math.log10(255**2 / squares) if squares else math.inf)


def side_by_side(before: Path, after: Path, captions: tuple[str, str], target: Path) -> None:
    """Write both pictures into one, each under its caption."""
    font = ImageFont.load_default(size=20)
    with Image.open(before) as first, Image.open(after) as second:
        pictures = [first.convert("RGB"), second.convert("RGB")]
    width = sum(picture.width for picture in pictures) + 3 * GAP
    height = max(picture.height for picture in pictures) + CAPTION_HEIGHT + GAP
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    left = GAP
    for picture, caption in zip(pictures, captions, strict=True):
        draw.text((left + picture.width / 2, CAPTION_HEIGHT / 2), caption, fill="black", font=font, anchor="mm")
        sheet.paste(picture, (left, CAPTION_HEIGHT))
        left += picture.width + GAP
    sheet.save(target)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
