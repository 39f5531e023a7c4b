"""Drift: ordinary pictures raise no alert, inverted and blurred ones do, and the window is bounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import blurred, inverted, written
from publishing import Release, reference_of

from digit_recognition.features import FEATURES
from digit_recognition.manifest import SERVED, Manifest, read_manifest, read_pointer
from digit_recognition.model import Model, load_model
from digit_recognition.places import Folder
from digit_recognition.prepare import prepare
from digit_recognition.recognizer import SHIPPED
from digit_recognition.watch import Watch

Picture = NDArray[np.uint8]
Seen = tuple[dict[str, float], float, int]


@pytest.fixture(scope="module")
def model() -> Model:
    shipped = Folder(SHIPPED)
    return load_model(shipped, read_pointer(shipped.read(SERVED) or b""))


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    release = Release("v1", reference=reference_of([written(seed) for seed in range(10_000, 10_500)]))
    return read_manifest(json.dumps(release.manifest).encode())


@pytest.fixture(scope="module")
def ordinary() -> list[Picture]:
    return [written(seed) for seed in range(500)]


@pytest.fixture(scope="module")
def usual(model: Model, ordinary: list[Picture]) -> list[Seen]:
    return seen(model, ordinary)


def seen(model: Model, pictures: Iterable[Picture]) -> list[Seen]:
    found = [each for each in map(prepare, pictures) if each is not None]
    answers = [(each.features, model.answer(each.image)) for each in found]
    return [(features, answer.confidence, answer.digit) for features, answer in answers]


def show(watch: Watch, pictures: Iterable[Seen]) -> None:
    for features, confidence, digit in pictures:
        watch.add(features, confidence, digit)


def test_ordinary_pictures_raise_no_alert(manifest: Manifest, usual: list[Seen]) -> None:
    watch = Watch(manifest, 500)
    show(watch, usual)
    view = watch.view()
    assert (view["pictures"], view["alert"], view["alerts"]) == (500, False, 0)
    assert set(view["features"]) == {*FEATURES, "confidence", "predicted"}
    assert all(feature["level"] != "significant" for feature in view["features"].values()), view


@pytest.mark.parametrize(("change", "feature"), [(inverted, "brightness"), (blurred, "sharpness")])
def test_other_pictures_do_and_ordinary_ones_end_it(
    manifest: Manifest,
    model: Model,
    ordinary: list[Picture],
    usual: list[Seen],
    change: Callable[[Picture], Picture],
    feature: str,
) -> None:
    watch = Watch(manifest, 500)
    show(watch, usual)
    show(watch, seen(model, map(change, ordinary[:200])))
    view = watch.view()
    assert view["alert"] and view["because"] and view["since"]
    assert view["features"][feature]["psi"] >= 0.25 and view["features"][feature]["level"] == "significant"
    show(watch, usual)
    assert not watch.view()["alert"] and watch.view()["alerts"] == 1


def test_few_pictures_say_nothing(manifest: Manifest, model: Model, ordinary: list[Picture]) -> None:
    watch = Watch(manifest, 500)
    other = seen(model, map(inverted, ordinary[:130]))
    show(watch, other[:99])
    assert watch.readings() == {} and not watch.view()["alert"]
    assert all(feature["psi"] is None for feature in watch.view()["features"].values())
    show(watch, other[99:])
    assert watch.view()["alert"]


def test_the_window_slides(manifest: Manifest) -> None:
    watch = Watch(manifest, 100)
    quiet = dict.fromkeys(FEATURES, 0.0)
    for number in range(350):
        watch.add(quiet, 0.5, number % 10)
    view = watch.view()
    assert (view["pictures"], view["seen"]) == (100, 350)
    assert all(sum(feature["counts"]) == 100 for feature in view["features"].values())
    assert view["features"]["predicted"]["counts"] == [10] * 10


def test_a_digit_that_the_reference_does_not_know_is_left_out(manifest: Manifest) -> None:
    known = manifest.model_copy(deep=True)
    classes = known.classes()
    assert classes is not None
    classes.labels[:], classes.shares[:] = [0, 1], [0.5, 0.5]
    watch = Watch(known, 100)
    for number in range(100):
        watch.add(dict.fromkeys(FEATURES, 0.0), 0.5, number % 4)
    assert watch.view()["features"]["predicted"]["counts"] == [25, 25]
