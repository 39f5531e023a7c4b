"""Twenty digits as people draw them with a mouse: the points that it passed, the pen, and where on the canvas.

Points are x, y in hundredths of the digit's size, y downwards; `/` stands where the pen is lifted; the hand shakes and
closes circles badly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

BLACK, WHITE, BLUE, RED, CREAM, NIGHT = (
    (0, 0, 0),
    (255, 255, 255),
    (30, 60, 190),
    (200, 40, 40),
    (245, 238, 220),
    (25, 28, 40),
)


@dataclass(frozen=True)
class Drawn:
    """`canvas`: width, height; `at`: left, top; `size`: its height in pixels; `pen`: width of a stroke."""

    digit: int
    path: str
    canvas: tuple[int, int] = (280, 280)
    at: tuple[int, int] = (90, 60)
    size: int = 160
    pen: int = 14
    ink: Colour = BLACK
    ground: Colour = WHITE

    def strokes(self) -> list[list[tuple[int, int]]]:
        """Return the points of each stroke."""
        pairs = [[point.split(",") for point in stroke.split()] for stroke in self.path.split("/")]
        return [[(int(x), int(y)) for x, y in stroke] for stroke in pairs]

    def render(self) -> NDArray[np.uint8]:
        """Return the picture, RGB, drawn four times as large and reduced: smooth edges, as on a canvas."""
        fine = 4 if max(self.canvas) <= 1000 else 1
        image = Image.new("RGB", (self.canvas[0] * fine, self.canvas[1] * fine), self.ground)
        pencil, half = ImageDraw.Draw(image), self.pen * fine / 2
        for stroke in self.strokes():
            points = [
                ((self.at[0] + x * self.size / 100) * fine, (self.at[1] + y * self.size / 100) * fine)
                for x, y in stroke
            ]
            pencil.line(points, fill=self.ink, width=self.pen * fine)
            for x, y in points:
                pencil.ellipse((x - half, y - half, x + half, y + half), fill=self.ink)
        return np.asarray(image.resize(self.canvas, Image.Resampling.BOX))


DRAWN = [
    Drawn(0, "38,2 22,8 10,24 5,46 8,70 19,90 36,98 52,92 64,74 68,50 63,26 52,9 40,3 33,5"),
    Drawn(
        0,
        "48,4 30,3 14,14 4,34 3,58 12,82 30,97 52,96 68,82 77,58 75,32 64,13 46,6",
        canvas=(640, 480),
        at=(420, 250),
        size=120,
        pen=5,
        ink=BLUE,
    ),
    Drawn(1, "12,26 22,16 33,3 34,22 33,48 35,74 34,99", pen=18),
    Drawn(
        1,
        "30,1 29,20 27,41 26,62 24,82 23,100",
        canvas=(400, 400),
        at=(30, 40),
        size=90,
        pen=8,
        ink=WHITE,
        ground=BLACK,
    ),
    Drawn(2, "6,22 14,8 29,1 46,3 58,14 60,30 52,47 38,62 22,79 7,96 24,95 44,96 66,97"),
    Drawn(
        2,
        "8,20 18,6 36,2 52,9 57,25 50,44 34,63 15,82 10,92 20,90 36,88 52,94 67,92",
        canvas=(200, 300),
        at=(40, 30),
        size=230,
        pen=30,
        ink=NIGHT,
        ground=CREAM,
    ),
    Drawn(3, "8,10 24,2 44,4 55,16 53,32 40,44 25,48 42,51 57,61 61,77 52,92 34,99 16,96 5,87", pen=10),
    Drawn(
        3,
        "10,4 30,3 55,5 42,22 29,40 46,44 59,57 60,76 48,93 28,98 9,90",
        canvas=(1200, 900),
        at=(100, 500),
        size=300,
        pen=16,
        ink=RED,
        ground=CREAM,
    ),
    Drawn(4, "40,2 28,24 15,45 4,65 24,65 47,64 70,66 / 52,36 51,58 52,80 50,100", pen=13),
    Drawn(
        4,
        "12,3 10,24 9,46 24,49 42,48 60,47 / 58,2 57,28 58,55 56,80 57,99",
        canvas=(320, 240),
        at=(150, 30),
        size=170,
        pen=12,
        ink=WHITE,
        ground=NIGHT,
    ),
    Drawn(5, "58,4 38,3 16,5 14,22 11,42 28,37 46,41 59,54 61,72 52,89 34,98 16,95 5,86"),
    Drawn(
        5,
        "16,4 13,24 11,44 27,38 47,42 60,57 59,77 47,92 28,98 8,91 / 15,5 36,4 60,2",
        at=(160, 150),
        size=100,
        pen=7,
        ink=CREAM,
        ground=(20, 80, 40),
    ),
    Drawn(6, "52,3 36,12 21,29 11,50 8,71 15,89 32,98 50,94 60,80 58,64 45,55 28,58 14,69", pen=12),
    Drawn(
        6,
        "40,1 27,18 15,40 9,64 13,86 28,98 47,97 59,84 57,68 43,60 26,64 13,76",
        canvas=(150, 150),
        at=(30, 8),
        size=132,
        pen=22,
    ),
    Drawn(7, "5,6 24,4 44,5 64,4 55,24 46,44 38,62 31,81 26,99", pen=15),
    Drawn(7, "4,9 22,5 42,6 62,5 52,28 42,52 33,76 26,98 / 22,50 40,51 58,49", at=(20, 130), size=130, pen=9, ink=BLUE),
    Drawn(
        8, "52,12 38,3 20,6 11,18 17,33 33,45 51,57 61,73 55,90 37,99 17,94 8,79 16,62 34,48 50,35 57,20 50,9", pen=12
    ),
    Drawn(
        8,
        "36,2 20,8 14,23 22,38 38,43 54,36 59,20 51,7 36,3 / 37,43 18,50 7,68 14,88 34,98 54,92 65,74 57,54 " "38,44",
        canvas=(500, 350),
        at=(300, 20),
        size=200,
        pen=10,
        ink=WHITE,
        ground=BLACK,
    ),
    Drawn(9, "56,20 46,6 29,3 13,12 7,29 14,45 31,50 47,42 56,24 57,42 55,62 52,81 50,100"),
    Drawn(
        9,
        "54,14 40,3 22,6 10,20 11,38 25,48 42,44 54,30 57,14 58,36 56,60 49,81 35,96 18,97",
        canvas=(900, 700),
        at=(60, 60),
        size=180,
        pen=11,
        ink=NIGHT,
        ground=CREAM,
    ),
]
