"""QR codes, by OpenCV. Only those that can be read count: their error correction is what makes them sure."""

from __future__ import annotations

import cv2
import numpy as np

from .regions import bounds
from .things import Pixels, Thing, Values

LABEL = "qr code"
LONGEST = 1600
"""Pixels of the longer side that are looked at: the time grows with the pixels, and a larger picture is scaled down."""

SMALLEST = 21
"""Squares of a side of the smallest code."""

_AROUND = 0.3
"""Of a code's longer side: what is taken along when it is looked at again."""

_LARGER = 3.0
"""How far it is enlarged then: 20 of 24 blurred codes were read so, and 10 without."""


class Codes:
    """The readers: one of OpenCV's finds codes more surely, the other reads some that the first cannot."""

    def __init__(self) -> None:
        self._finder, self._reader = cv2.QRCodeDetectorAruco(), cv2.QRCodeDetector()

    def find(self, picture: Pixels) -> list[Thing]:
        """The QR codes of an RGB picture, with their texts."""
        scale = min(1.0, LONGEST / max(picture.shape[:2]))
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if min(grey.shape[:2]) < SMALLEST:
            return []
        corners = self._corners(np.asarray(grey, np.uint8))
        read = [(place, self._read(np.asarray(grey, np.uint8), place)) for place in corners]
        return [Thing(LABEL, 1.0, bounds(place / scale), text) for place, text in read if text]

    def _corners(self, grey: Pixels) -> list[Values]:
        """Four corners of each place that looks like a code."""
        try:
            _, places = self._finder.detectMulti(grey)
        except cv2.error:
            # OpenCV 4.11 fails on some pictures without a code, where it should say that there is none.
            return []
        return [] if places is None else [np.asarray(place, np.float32).reshape(4, 2) for place in places]

    def _read(self, grey: Pixels, corners: Values) -> str:
        """The text; empty where it cannot be read, or is not UTF-8."""
        left, top, right, bottom = (max(0, int(value)) for value in bounds(corners, _AROUND))
        close = np.ascontiguousarray(grey[top:bottom, left:right])
        factor = min(_LARGER, max(1.0, LONGEST / max(close.shape)))
        close = np.asarray(cv2.resize(close, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
        # The second way finds the corners anew in a close-up, which helps where they are blurred.
        for way in (
            lambda: self._finder.decode(grey, corners[np.newaxis]),
            lambda: self._reader.detectAndDecode(close),
        ):
            try:
                text = str(way()[0])
            except (cv2.error, UnicodeDecodeError):
                continue
            if text:
                return text.encode("utf-8", "replace").decode().replace("\0", "")
        return ""
