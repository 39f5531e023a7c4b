"""What the shipped model reads, and what raises an alert: `python tests/quality.py [dataset.npz]`.

Prints how many of the twenty drawn digits are read as they are, photographed, small, turned, thin, faint and on ruled
paper. With the dataset that `training/` has divided (`training/data/dataset.npz`, after `dvc repro` there), it prints
how many of the held-out pictures are read, and what drift is seen in them, inverted and blurred. All is seeded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from drawn import DRAWN, Drawn
from numpy.typing import NDArray
from pictures import blurred, inverted, photographed, pixels_of
from PIL import Image

from digit_recognition.manifest import SERVED, read_pointer
from digit_recognition.model import Model, load_model
from digit_recognition.places import Folder
from digit_recognition.prepare import prepare
from digit_recognition.recognizer import SHIPPED
from digit_recognition.watch import Watch

Picture = NDArray[np.uint8]


def right(model: Model, change: Callable[[Image.Image, Drawn], Image.Image]) -> int:
    """How many drawn digits are read after a change."""
    count = 0
    for drawn in DRAWN:
        found = prepare(np.asarray(change(Image.fromarray(drawn.render()), drawn)))
        count += found is not None and found.shapes == 1 and model.answer(found.image).digit == drawn.digit
    return count


def scaled(height: int) -> Callable[[Image.Image, Drawn], Image.Image]:
    def change(image: Image.Image, drawn: Drawn) -> Image.Image:
        size = (max(3, round(side * height / drawn.size)) for side in image.size)
        return image.resize((next(size), next(size)), Image.Resampling.BOX)

    return change


def turned(angle: float) -> Callable[[Image.Image, Drawn], Image.Image]:
    return lambda image, drawn: image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=drawn.ground)


def with_pen(pen: int) -> Callable[[Image.Image, Drawn], Image.Image]:
    plain = {"canvas": (280, 280), "at": (70, 60), "size": 160, "pen": pen}
    return lambda image, drawn: Image.fromarray(replace(drawn, **plain).render())  # type: ignore[arg-type]


def faint(levels: int) -> Callable[[Image.Image, Drawn], Image.Image]:
    def change(image: Image.Image, drawn: Drawn) -> Image.Image:
        grey = np.asarray(image.convert("L"), dtype=np.float32)
        return Image.fromarray((200 + (grey - grey[0, 0]) / np.ptp(grey) * levels).astype(np.uint8))

    return change


def ruled(image: Image.Image, _: Drawn) -> Image.Image:
    grey = np.asarray(image.convert("L").resize((280, 280)))
    lines = np.where(np.arange(280)[:, None] % 40 == 20, 190, 255)
    return Image.fromarray(np.minimum(grey, lines).astype(np.uint8))


def tell_drawn(model: Model) -> None:
    print("as drawn", right(model, lambda image, _: image))
    photos = [
        (drawn, photographed(drawn.render(), seed * len(DRAWN) + at))
        for seed in range(5)
        for at, drawn in enumerate(DRAWN)
    ]
    found = [(drawn.digit, prepare(pixels_of(photo))) for drawn, photo in photos]
    read = sum(each is not None and model.answer(each.image).digit == digit for digit, each in found)
    print(f"simulated photos: {read} of {len(photos)}")
    print("height:", {height: right(model, scaled(height)) for height in (6, 8, 12, 20)})
    print("turned:", {angle: right(model, turned(angle)) for angle in (-30, -20, -12, 12, 20, 30)})
    print("pen:", {pen: right(model, with_pen(pen)) for pen in (1, 2, 8, 24, 40)})
    print("contrast:", {levels: right(model, faint(levels)) for levels in (10, 15, 40)})
    print("ruled paper:", right(model, ruled))


def show(watch: Watch, model: Model, pictures: Iterable[Picture]) -> None:
    for picture in pictures:
        found = prepare(picture)
        if found is not None:
            answer = model.answer(found.image)
            watch.add(found.features, answer.confidence, answer.digit)


def as_sent(picture: Picture) -> Picture:
    """Return a picture of the dataset (8 x 8, bright on black) as the training does: dark on white, 96 x 96."""
    large = Image.fromarray(picture).resize((64, 64), Image.Resampling.BICUBIC)
    return np.asarray(255 - np.pad(np.asarray(large), 16), dtype=np.uint8)


def tell_held_out(model: Model, pictures: list[Picture], labels: NDArray[np.uint8]) -> None:
    found = [prepare(picture) for picture in pictures]
    pairs = zip(found, labels, strict=True)
    print("held out:", sum(each is not None and model.answer(each.image).digit == label for each, label in pairs))
    ordinary = [*pictures, *pictures][:500]
    changes: dict[str, list[Picture]] = {
        "nothing else": [],
        "200 inverted": [inverted(picture) for picture in pictures[:200]],
        "200 blurred, radius 2": [blurred(picture, 2) for picture in pictures[:200]],
        "200 blurred, radius 4": [blurred(picture, 4) for picture in pictures[:200]],
    }
    for name, others in changes.items():
        watch = Watch(model.manifest, 500)
        show(watch, model, ordinary)
        show(watch, model, others)
        readings = sorted(((reading.value, feature) for feature, reading in watch.readings().items()), reverse=True)
        print(f"500 ordinary, {name}: alert {watch.alert is not None},", [f"{f} {v:.2f}" for v, f in readings[:3]])


def main(dataset: str | None) -> None:
    shipped = Folder(SHIPPED)
    model = load_model(shipped, read_pointer(shipped.read(SERVED) or b""))
    print(model.name, model.version)
    tell_drawn(model)
    if dataset is not None:
        data = np.load(dataset)
        tell_held_out(
            model, [as_sent(each) for each in data["pictures"][data["held_out"]]], data["labels"][data["held_out"]]
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
