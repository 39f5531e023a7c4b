"""The folders of trainings: named after what goes in, made whole, and not kept for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from digit_training.parameters import Parameters
from digit_training.settings import Settings
from digit_training.work import KEPT, UnknownWork, find_run, open_run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(digit_work=tmp_path / "work", digit_keep=tmp_path / "keep")


def _correct(settings: Settings, name: str) -> None:
    assert settings.digit_keep is not None
    for folder in ("labelled/4", "originals"):
        (settings.digit_keep / folder).mkdir(parents=True, exist_ok=True)
        Image.new("L", (28, 28)).save(settings.digit_keep / folder / name)


def test_the_same_goes_into_the_same_folder_and_other_things_into_another(settings: Settings) -> None:
    one, run = open_run(settings, Parameters())
    assert open_run(settings, Parameters())[0] == one and run.corrected is None
    assert open_run(settings, Parameters(digits=[1, 2]))[0] != one
    assert open_run(settings, Parameters(seed=8))[0] != one
    assert find_run(settings, one).parameters == Parameters()


def test_corrected_pictures_are_taken_as_they_are_when_a_training_begins(settings: Settings) -> None:
    before = open_run(settings, Parameters())[0]
    _correct(settings, "a.png")
    after, run = open_run(settings, Parameters())
    assert after != before and run.corrected is not None
    _correct(settings, "b.png")
    again = find_run(settings, after)
    assert again.corrected is not None
    assert [path.name for path in again.corrected.glob("*/*.png")] == ["a.png"]
    assert (again.corrected.parent / "originals" / "a.png").exists()
    assert open_run(settings, Parameters())[0] != after


def test_a_folder_that_is_not_whole_is_made_again(settings: Settings) -> None:
    name, run = open_run(settings, Parameters())
    (run.folder / "parameters.json").unlink()
    with pytest.raises(UnknownWork):
        find_run(settings, name)
    assert open_run(settings, Parameters())[0] == name and find_run(settings, name).parameters == Parameters()


def test_those_used_longest_ago_go_first(settings: Settings) -> None:
    names = []
    for seed in range(KEPT + 2):
        name, run = open_run(settings, Parameters(seed=seed))
        os.utime(run.folder, (seed, seed))
        names.append(name)
    with pytest.raises(UnknownWork, match="digits-select begins one"):
        find_run(settings, names[0])
    assert len(list((settings.digit_work / "trainings").iterdir())) == KEPT
    find_run(settings, names[-1])


@pytest.mark.parametrize("name", ["", "..", "../trainings", "0" * 15, "0" * 17, "0" * 16, "G" * 16, "0" * 15 + "\n"])
def test_what_is_no_id_is_refused(settings: Settings, name: str) -> None:
    open_run(settings, Parameters())
    with pytest.raises(UnknownWork):
        find_run(settings, name)
