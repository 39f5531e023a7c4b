"""`params.yaml`: what it may hold, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from digit_training.parameters import Parameters, ParametersWrong, read_parameters


def _read(folder: Path, text: str) -> Parameters:
    path = folder / "params.yaml"
    path.write_text(text)
    return read_parameters(path)


def test_what_is_left_away_has_its_default(tmp_path: Path) -> None:
    assert _read(tmp_path, "") == Parameters()
    found = _read(tmp_path, "digits: [3, 0, 1]\ntrain: {epochs: 3}\n")
    assert found.digits == [0, 1, 3] and found.train.epochs == 3 and found.train.batch == Parameters().train.batch


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("digits: [1, 1, 2]", "digits: Value error, each digit is named once"),
        ("digits: [10, 1]", "digits.0: Input should be less than or equal to 9"),
        ("digits: [4]", "digits: List should have at least 2 items"),
        ("dataset: letters", "dataset: Input should be 'digits' or 'mnist'"),
        ("train: {epoch: 3}", "train.epoch: Extra inputs are not permitted"),
        ("train: {epochs: 0}\nseed: -1", "seed: Input should be greater than or equal to 0"),
        ("digits: [", "params.yaml cannot be read"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ParametersWrong, match="params.yaml") as refused:
        _read(tmp_path, text)
    assert told in str(refused.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParametersWrong, match="params.yaml cannot be read"):
        read_parameters(tmp_path / "params.yaml")
