"""The figures of the README that can be measured with what is here: `python tests/quality.py`.

Two portraits, turned by every 10 degrees, edited, and scaled: how far off the roll is, which judgements hold, and down
to which size the face is found.
"""

from __future__ import annotations

import math

from edits import tilted, upright, with_corners, with_lids, with_mouth
from pictures import mirrored, resized, sample, serious

from face_analyzer.analyzer import geometry
from face_analyzer.finder import FaceFinder, Pixels
from face_analyzer.geometry import roll

PORTRAITS = {"smiling": (sample(2), 2.0), "earnest": (resized(serious(), 1.5), 1.5)}


def errors_of_roll(finder: FaceFinder, picture: Pixels) -> list[float]:
    """Degrees between the roll that is told and the one that was given, at every 10 degrees."""
    first = finder.largest(picture)
    assert first is not None
    middle = (first.box.left + first.box.right) / 2, (first.box.top + first.box.bottom) / 2
    errors = []
    for degrees in range(-180, 180, 10):
        found = finder.largest(tilted(picture, degrees, *middle))
        assert found is not None, f"not found at {degrees} degrees"
        errors.append(abs(math.remainder(roll(found) - roll(first) - degrees, 360)))
    return errors


def judged(finder: FaceFinder, picture: Pixels) -> str:
    """What is said of eyes, mouth and smile."""
    face = finder.largest(picture)
    if face is None:
        return "no face"
    told = geometry(face, picture.shape[1], picture.shape[0])
    eyes = told.get("eyes", {"left": "-", "right": "-"})
    return f"left {eyes['left']}, right {eyes['right']}, mouth {told['mouth']}, smile {told['smile']}  {told['ratios']}"


def main() -> None:
    """Print them."""
    finder = FaceFinder()
    for name, (picture, factor) in PORTRAITS.items():
        errors = errors_of_roll(finder, resized(picture, 1 / factor))
        print(f"{name}: roll off by {sum(errors) / len(errors):.2f} degrees on average, at most {max(errors):.2f}")
        first = finder.largest(picture)
        assert first is not None
        level, _ = upright(picture, first.landmarks)
        face = finder.largest(level)
        assert face is not None
        points = face.landmarks
        closed = with_lids(with_lids(level, points, "right", 1), points, "left", 1)
        edits = {"as it is": level, "mirrored": mirrored(level), "eyes closed": closed}
        edits |= {"left eye closed": with_lids(level, points, "left", 1)}
        edits |= {f"lips {apart} apart": with_mouth(level, points, apart) for apart in (0.0, 0.1, 0.2, 0.3, 0.4)}
        edits |= {f"corners {by:+} out": with_corners(level, points, by, by * 2 / 3) for by in (-0.15, -0.1, 0.1, 0.15)}
        for edit, changed in edits.items():
            print(f"  {edit:18} {judged(finder, changed)}")
        for size in (200, 100, 60, 40, 30, 24, 20, 16):
            print(f"  {size:3} pixels         {judged(finder, resized(picture, size / first.box.side))}")


if __name__ == "__main__":
    main()
