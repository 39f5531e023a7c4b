"""What the outputs of a detector mean: the usual layouts of SSD and YOLO models into boxes, scores and classes.

All are pure functions of arrays. Boxes come out as left, top, right, bottom, in the unit of the model: pixels of its
input, or shares of its sides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np

from .labels import WrongModel
from .runtime import Array
from .things import Values

Side = int | None
Output = tuple[str, tuple[Side, ...]]


@dataclass(frozen=True)
class Raw:
    """What a model says of one picture. Row k is one box, its score from 0 to 1, and the number of its class."""

    boxes: Values
    scores: Values
    classes: Array


@dataclass(frozen=True)
class Layout:
    """A way to read outputs. `suppressed`: the model has done its own non-maximum suppression."""

    name: str
    read: Callable[[Sequence[Array], int], Raw]
    """From the outputs, in the order of `pick`, and the number of labels."""
    pick: tuple[int, ...]
    suppressed: bool


def find_layout(outputs: Sequence[Output], labels: int, wanted: str) -> Layout:
    """The layout of a model with these outputs; `wanted` is its name or `auto`.

    Raises WrongModel where the outputs do not fit, or fit several layouts: a box has four values, so that one output
    of six columns and one or two labels may be several things.
    """
    # Two layouts differ in nothing but the order of the four numbers: names tell them apart, or the user.
    other = "ssd" if _x_first(outputs) else "ssd-xy"
    names = [name for name in _FITTING if wanted == name or wanted == "auto" and name != other]
    fitting = [layout for name in names for layout in [_FITTING[name](outputs, labels)] if layout is not None]
    seen = "; ".join(f"{name} {[side or '?' for side in shape]}" for name, shape in outputs)
    if not fitting:
        kind = "any known layout" if wanted == "auto" else f"the layout {wanted}"
        raise WrongModel(f"the outputs do not fit {kind} with {labels} labels: {seen}")
    if len(fitting) > 1:
        known = " or ".join(layout.name for layout in fitting)
        raise WrongModel(f"the outputs may be {known} with {labels} labels ({seen}): say which in OBJECT_LAYOUT")
    return fitting[0]


def _sides(shape: tuple[Side, ...]) -> tuple[Side, ...]:
    """The shape without the one picture that it is of; [?, 4] is any number of boxes, and no picture."""
    picture = len(shape) > 1 and (shape[0] == 1 or shape[0] is None and shape != (None, 4))
    return shape[1:] if picture else shape


def _may_be(side: Side, number: int) -> bool:
    return side is None or side == number


def _single(outputs: Sequence[Output]) -> tuple[Side, Side]:
    """Rows and columns where there is one output of these, else zeros."""
    sides = _sides(outputs[0][1]) if len(outputs) == 1 and len(outputs[0][1]) == 3 else ()
    return (sides[0], sides[1]) if len(sides) == 2 else (0, 0)


def _yolo5(outputs: Sequence[Output], labels: int) -> Layout | None:
    return Layout("yolov5", read_yolo5, (0,), False) if _may_be(_single(outputs)[1], labels + 5) else None


def _yolo8(outputs: Sequence[Output], labels: int) -> Layout | None:
    # Boxes are in columns; some converters turn them into rows.
    fits = any(_may_be(side, labels + 4) for side in _single(outputs))
    return Layout("yolov8", read_yolo8, (0,), False) if fits else None


def _yolo_nms(outputs: Sequence[Output], labels: int) -> Layout | None:
    return Layout("yolo-nms", read_yolo_nms, (0,), True) if _may_be(_single(outputs)[1], 6) else None


def _ssd(outputs: Sequence[Output], labels: int) -> Layout | None:
    pick = _ssd_parts(outputs)
    return None if pick is None else Layout("ssd", read_ssd, pick, True)


def _ssd_xy(outputs: Sequence[Output], labels: int) -> Layout | None:
    pick = _ssd_parts(outputs)
    return None if pick is None else Layout("ssd-xy", read_ssd_xy, pick, True)


def _ssd_raw(outputs: Sequence[Output], labels: int) -> Layout | None:
    if len(outputs) != 2:
        return None
    sides = [_sides(shape) for _, shape in outputs]
    if any(len(side) != 2 for side in sides):
        return None
    for boxes, scores in ((0, 1), (1, 0)):
        if sides[boxes][1] == 4 and sides[scores][1] in (labels, labels + 1) and _may_match(sides):
            return Layout("ssd-raw", read_ssd_raw, (boxes, scores), False)
    return None


def _may_match(sides: Sequence[tuple[Side, ...]]) -> bool:
    return None in (sides[0][0], sides[1][0]) or sides[0][0] == sides[1][0]


def _x_first(outputs: Sequence[Output]) -> bool:
    """Whether the outputs are named as those of torchvision, whose boxes have x first and are pixels."""
    return {name.lower() for name, _ in outputs} >= {"boxes", "labels", "scores"}


def _ssd_parts(outputs: Sequence[Output]) -> tuple[int, ...] | None:
    """Where boxes, classes, scores and, if there is one, the count are."""
    sides = [_sides(shape) for _, shape in outputs]
    boxes = [index for index, side in enumerate(sides) if len(side) == 2 and side[1] == 4]
    counts = [index for index, (_, shape) in enumerate(outputs) if shape in ((), (1,))]
    lists = [index for index in range(len(outputs)) if index not in boxes + counts and len(sides[index]) == 1]
    if len(boxes) != 1 or len(counts) > 1 or len(lists) != 2 or len(outputs) != 3 + len(counts):
        return None
    classes = _classes_of(outputs, boxes[0], lists)
    scores = lists[0] if classes == lists[1] else lists[1]
    return (boxes[0], classes, scores, *counts)


def _classes_of(outputs: Sequence[Output], boxes: int, lists: Sequence[int]) -> int:
    """Which of two lists holds the classes: by name, else the one whose number is next to that of the boxes.

    TensorFlow's own names are numbered boxes, classes, scores, count in one version and the other way in the next.
    """
    for index, other in (lists, lists[::-1]):
        name = outputs[index][0].lower()
        if re.search("class|label", name) or re.search("score|conf", outputs[other][0].lower()):
            return index
    numbers = [_number(name) for name, _ in outputs]
    return min(lists, key=lambda index: abs(numbers[index] - numbers[boxes]))


def _number(name: str) -> int:
    found = re.search(r":(\d+)$", name)
    return int(found[1]) if found else 0


_FITTING: dict[str, Callable[[Sequence[Output], int], Layout | None]] = {
    "ssd": _ssd,
    "ssd-xy": _ssd_xy,
    "ssd-raw": _ssd_raw,
    "yolov5": _yolo5,
    "yolov8": _yolo8,
    "yolo-nms": _yolo_nms,
}


def _rows(output: Array, columns: int) -> Values:
    return np.asarray(output, np.float32).reshape(-1, columns)


def _from_centres(boxes: Values) -> Values:
    """Left, top, right, bottom of boxes given as centre x, centre y, width, height."""
    half = boxes[:, 2:4] / 2
    return np.concatenate((boxes[:, :2] - half, boxes[:, :2] + half), axis=1)


def _best(boxes: Values, scores: Values) -> Raw:
    """Each box with the class of its best score."""
    classes = scores.argmax(axis=1)
    return Raw(boxes, scores[np.arange(len(scores)), classes], classes.astype(np.int64))


def read_yolo5(outputs: Sequence[Array], labels: int) -> Raw:
    """[boxes, 5 + labels]: centre x, centre y, width, height, whether there is a thing, and the share of each class."""
    rows = _rows(outputs[0], labels + 5)
    return _best(_from_centres(rows), rows[:, 5:] * rows[:, 4:5])


def read_yolo8(outputs: Sequence[Array], labels: int) -> Raw:
    """[4 + labels, boxes], or turned: centre x, centre y, width, height, and the score of each class."""
    values = np.asarray(outputs[0], np.float32)
    values = values.reshape(values.shape[-2:])
    rows = values.T if values.shape[0] == labels + 4 else values
    return _best(_from_centres(rows), rows[:, 4:])


def read_yolo_nms(outputs: Sequence[Array], labels: int) -> Raw:
    """[boxes, 6]: left, top, right, bottom, score, class; unused rows have the score 0."""
    rows = _rows(outputs[0], 6)
    return Raw(rows[:, :4], rows[:, 4], np.rint(rows[:, 5]).astype(np.int64))


def read_ssd(outputs: Sequence[Array], labels: int) -> Raw:
    """Boxes as top, left, bottom, right; classes; scores; and how many of these count, if the model says so."""
    raw = read_ssd_xy(outputs, labels)
    return Raw(raw.boxes[:, [1, 0, 3, 2]], raw.scores, raw.classes)


def read_ssd_xy(outputs: Sequence[Array], labels: int) -> Raw:
    """As `read_ssd`, with boxes as left, top, right, bottom."""
    boxes, scores = _rows(outputs[0], 4), np.asarray(outputs[2], np.float32).ravel()
    classes = np.rint(np.asarray(outputs[1], np.float64).ravel()).astype(np.int64)
    count = min(len(boxes), len(scores), len(classes))
    if len(outputs) > 3:
        count = min(count, max(0, int(np.rint(float(np.asarray(outputs[3]).ravel()[0])))))
    return Raw(boxes[:count], scores[:count], classes[:count])


def read_ssd_raw(outputs: Sequence[Array], labels: int) -> Raw:
    """Boxes as left, top, right, bottom; scores of each class, with that of the background before them or without."""
    boxes = _rows(outputs[0], 4)
    scores = np.asarray(outputs[1], np.float32).reshape(len(boxes), -1)
    return _best(boxes, scores[:, scores.shape[1] - labels :])
