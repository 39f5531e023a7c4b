"""Pictures for people to label: kept where the model is not sure, bounded in number and time, labelled once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from aiservice import InputError
from drawn import DRAWN
from numpy.typing import NDArray
from pictures import written
from PIL import Image

from digit_recognition.keep import Keeper
from digit_recognition.model import Answer
from digit_recognition.prepare import Prepared, prepare

UNSURE = Answer(3, 0.5, {"3": 0.5, "5": 0.5})
SURE = Answer(3, 0.8, {"3": 0.8, "5": 0.2})


def prepared(picture: NDArray[np.uint8]) -> Prepared:
    found = prepare(picture)
    assert found is not None
    return found


def keeper_of(folder: Path, count: int = 10, days: float = 1) -> Keeper:
    return Keeper(folder, 0.8, count, days)


def offer(keeper: Keeper, seed: int) -> str:
    picture = written(seed)
    name = keeper.offer(picture, prepared(picture), UNSURE, "v1")
    assert name is not None
    return name


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.png"))


def test_only_what_the_model_is_not_sure_of_is_kept_and_once(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path)
    picture = DRAWN[7].render()
    assert keeper.offer(picture, prepared(picture), SURE, "v1") is None
    first = keeper.offer(picture, prepared(picture), UNSURE, "v1")
    assert first == keeper.offer(picture, prepared(picture), UNSURE, "v2")
    assert names(tmp_path / "unsure") == names(tmp_path / "originals") == [first]
    small = np.asarray(Image.open(tmp_path / "unsure" / f"{first}.png"))
    assert small.shape == (28, 28)
    assert np.array_equal(small, np.round(prepared(picture).image * 255).astype(np.uint8))


def test_of_a_picture_only_the_digit_is_kept(tmp_path: Path) -> None:
    picture = DRAWN[7].render()
    keeper_of(tmp_path).offer(picture, prepared(picture), UNSURE, "v1")
    (path,) = (tmp_path / "originals").glob("*.png")
    original = np.asarray(Image.open(path))
    assert max(original.shape[:2]) <= 512 < max(picture.shape[:2])
    again = prepared(original).image
    assert float(np.corrcoef(again.reshape(-1), prepared(picture).image.reshape(-1))[0, 1]) > 0.9


def test_the_oldest_go_first(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path, count=3)
    kept = [offer(keeper, seed) for seed in range(5)]
    assert names(tmp_path / "unsure") == names(tmp_path / "originals") == sorted(kept[2:])
    assert len(keeper) == len(keeper_of(tmp_path, count=3)) == 3


def test_after_some_days_nothing_is_left(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path, days=1)
    old, young = offer(keeper, 1), offer(keeper, 2)
    then = time.time() - 86_400 - 5
    os.utime(tmp_path / "unsure" / f"{old}.json", (then, then))
    keeper.tidy()
    assert names(tmp_path / "unsure") == names(tmp_path / "originals") == [young]


def test_a_kept_picture_is_labelled_and_the_last_label_counts(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path)
    name = offer(keeper, 1)
    assert keeper.label(name, 5) == 3
    assert names(tmp_path / "labelled" / "5") == names(tmp_path / "originals") == [name]
    assert names(tmp_path / "unsure") == [] and len(keeper) == 0
    picture = written(1)
    assert keeper.add(picture, prepared(picture), 8) == name
    assert names(tmp_path / "labelled" / "8") == [name] and names(tmp_path / "labelled" / "5") == []
    assert keeper.view()["labelled"]["8"] == 1


@pytest.mark.parametrize("name", ["", "../secret", "0" * 63, "G" * 64])
def test_what_is_no_id_reaches_no_file(tmp_path: Path, name: str) -> None:
    keeper = keeper_of(tmp_path)
    (tmp_path / "secret.png").write_bytes(b"")
    (tmp_path / "secret.json").write_bytes(b'{"digit": 1}')
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        keeper.label(name, 5)
    assert (tmp_path / "secret.png").exists()


def test_an_id_that_nobody_was_given(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no picture 0+ is kept"):
        keeper_of(tmp_path).label("0" * 64, 5)


def test_a_labelled_picture_keeps_its_original_when_it_is_kept_again(tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path, count=1)
    name = offer(keeper, 1)
    keeper.label(name, 5)
    assert offer(keeper, 1) == name
    offer(keeper, 2)
    assert name in names(tmp_path / "originals")
