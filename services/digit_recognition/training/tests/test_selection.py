"""Which pictures are learned, and which are measured with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_recognition.features import FEATURES
from PIL import Image

from digit_training.dataset import Dataset, fetch
from digit_training.parameters import Parameters
from digit_training.selection import NothingToLearn, as_sent, read_examples, select


@pytest.fixture(scope="module")
def some() -> Dataset:
    """Every seventh digit, so that it is quick."""
    whole = fetch(Parameters(), Path("unused"))
    return Dataset(whole.pictures[::7], whole.labels[::7], whole.held_out[::7])


def test_the_division_depends_on_the_seed_alone_and_is_the_same_for_each_digit() -> None:
    one, same, other = (fetch(Parameters(seed=seed, digits=[0, seed]), Path("unused")) for seed in (7, 7, 8))
    assert one.sha256 == same.sha256 != other.sha256
    assert one.held_out.sum() == 450
    counts = np.bincount(one.labels[one.held_out])
    assert counts.min() >= 43 and counts.max() <= 46


def test_pictures_are_sent_as_dark_ink_on_white_paper(some: Dataset) -> None:
    sent = as_sent(some.pictures[:3])
    for picture in sent:
        assert picture.shape == (96, 96) and picture.dtype == np.uint8
        assert (picture[:16] == 255).all() and (picture[:, -16:] == 255).all() and picture.min() < 80


def test_chosen_digits_are_learned_and_all_are_measured(some: Dataset, tmp_path: Path) -> None:
    found = select(some, [2, 5], None)
    assert sorted(set(found.learn.labels.tolist())) == [2, 5]
    assert len(found.learn) == int((~some.held_out & np.isin(some.labels, [2, 5])).sum())
    assert found.held_out.labels.tolist() == some.labels[some.held_out].tolist()
    assert found.learn.inputs.shape[1:] == (28, 28, 1) and 0 <= found.learn.inputs.min() < found.learn.inputs.max() <= 1
    assert np.isfinite(found.learn.features).all() and found.learn.features.shape[1] == len(FEATURES)
    found.learn.write(tmp_path / "a.npz")
    assert read_examples(tmp_path / "a.npz").sha256 == found.learn.sha256
    found.learn.write(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_picture_without_ink_is_left_out_and_counted(some: Dataset) -> None:
    pictures = some.pictures.copy()
    learned = int(np.flatnonzero(~some.held_out & (some.labels == 2))[0])
    pictures[learned] = 0
    found = select(Dataset(pictures, some.labels, some.held_out), [2, 5], None)
    assert found.left_out == 1
    assert len(found.learn) == len(select(some, [2, 5], None).learn) - 1


def test_a_digit_without_a_picture_is_refused(some: Dataset) -> None:
    none_of_five = Dataset(some.pictures, np.where(some.labels == 5, 6, some.labels).astype(np.uint8), some.held_out)
    with pytest.raises(NothingToLearn, match="no picture to learn 5 from"):
        select(none_of_five, [2, 5], None)


def test_corrected_pictures_are_learned_but_never_those_measured_with(some: Dataset, tmp_path: Path) -> None:
    before = select(some, [2, 5], None)
    labelled, originals = tmp_path / "labelled", tmp_path / "originals"
    for folder in (labelled / "2", labelled / "7", originals):
        folder.mkdir(parents=True)
    frame = before.learn.frames[0][:, ::-1]
    Image.fromarray(frame).save(labelled / "2" / "mirrored.png")
    Image.fromarray(as_sent(some.pictures[:1])[0]).save(originals / "mirrored.png")
    Image.fromarray(before.learn.frames[1][::-1]).save(labelled / "2" / "without-original.png")
    Image.fromarray(before.held_out.frames[0]).save(labelled / "2" / "measured.png")
    Image.fromarray(frame).save(labelled / "7" / "not-chosen.png")
    (labelled / "2" / "broken.png").write_bytes(b"no picture")
    Image.new("L", (30, 28)).save(labelled / "2" / "of-another-size.png")
    found = select(some, [2, 5], labelled)
    assert found.corrected == 2 and found.left_out == 2
    assert (found.learn.frames[-2] == frame).all() and found.learn.labels[-2:].tolist() == [2, 2]
    assert np.isfinite(found.learn.features[-2]).all() and np.isnan(found.learn.features[-1]).all()
    assert found.held_out.sha256 == before.held_out.sha256
