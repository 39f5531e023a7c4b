"""How many faces are found in collages: `python tests/evaluation.py [count]`, 80 by default; by hand, not a test.

Each collage has one to five heads of the sample on hills, of sizes from the smallest that is looked for up to half of
the picture, at random places: as they are, mirrored, turned by up to 20 degrees, dark, bright or grey. The seed is
fixed, so that two versions of the detector can be compared. The last line counts what was found where no face is.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from statistics import mean

import cv2
import numpy as np
from pictures import FACE, HEAD, Box, Pixels, iou, landscape, sample

from face_detection.boxes import whole_boxes
from face_detection.detector import SMALLEST_FACE, SMALLEST_SHARE, FaceDetector

SIZES = ((512, 512), (512, 384), (800, 600), (1280, 720), (1920, 1280), (3000, 2000))
CLASSES = (0.0, 30, 60, 120, 10_000)
_MARGIN = 1.2
"""The smallest faces of the collages are so much larger than the smallest that are looked for."""


def head(face: int, random: np.random.Generator) -> tuple[Pixels, Box]:
    """The head of the sample, changed, its face `face` pixels wide, and where the face is in it."""
    left, top, right, bottom = HEAD
    picture = sample()[top:bottom, left:right]
    x1, y1, x2, y2 = FACE[0] - left, FACE[1] - top, FACE[2] - left, FACE[3] - top
    if random.random() < 0.5:
        picture, (x1, x2) = picture[:, ::-1], (right - left - x2, right - left - x1)
    scale, angle = face / (x2 - x1), float(random.uniform(-20, 20)) * (random.random() < 0.5)
    matrix = cv2.getRotationMatrix2D(((x1 + x2) / 2, (y1 + y2) / 2), angle, 1.0)
    turned = cv2.warpAffine(np.ascontiguousarray(picture), matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    values = np.clip(turned.astype(np.float32) * random.uniform(0.5, 1.3), 0, 255)
    if random.random() < 0.25:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(values.astype(np.uint8), None, fx=scale, fy=scale, interpolation=way)
    return np.asarray(scaled, np.uint8), (x1 * scale, y1 * scale, x2 * scale, y2 * scale)


def collage(seed: int) -> tuple[Pixels, list[Box]]:
    """A picture, and where its faces are."""
    random = np.random.default_rng(seed)
    width, height = SIZES[seed % len(SIZES)]
    picture, faces, taken = landscape(width, height), [], np.zeros((height, width), bool)
    smallest = _MARGIN * max(SMALLEST_FACE, SMALLEST_SHARE * max(width, height))
    for _ in range(int(random.integers(1, 6))):
        size = int(np.exp(random.uniform(np.log(smallest), np.log(min(width, height) * 0.4))))
        pasted, (x1, y1, x2, y2) = head(size, random)
        rows, columns = pasted.shape[:2]
        if rows >= height or columns >= width:
            continue
        x, y = int(random.integers(0, width - columns)), int(random.integers(0, height - rows))
        if not taken[y : y + rows, x : x + columns].any():
            taken[y : y + rows, x : x + columns] = True
            picture[y : y + rows, x : x + columns] = pasted
            faces.append((x + x1, y + y1, x + x2, y + y2))
    return picture, faces


def main(count: int = 80) -> None:
    cv2.setNumThreads(1)
    detector = FaceDetector()
    there, found, wrong, places, used = Counter[float](), Counter[float](), 0, [], 0.0
    for seed in range(count):
        picture, faces = collage(seed)
        start = time.process_time()
        boxes = whole_boxes(detector.find(picture), picture.shape[1], picture.shape[0])
        used += time.process_time() - start
        wrong += sum(all(iou(box, face) < 0.3 for face in faces) for box in boxes)
        for face in faces:
            kind = max(limit for limit in CLASSES if face[2] - face[0] >= limit)
            best = max((iou(box, face) for box in boxes), default=0.0)
            there[kind] += 1
            found[kind] += best >= 0.4
            places += [best] if best >= 0.4 else []
    for low, high in zip(CLASSES, CLASSES[1:]):
        print(f"faces of {low:.0f} to {high:.0f} pixels: {found[low]} of {there[low]} found")
    print(f"all: {found.total()} of {there.total()}, mean overlap {mean(places):.2f}, CPU {used:.1f} s")
    print(f"found where no face is: {wrong}")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
