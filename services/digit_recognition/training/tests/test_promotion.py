"""Which release is served: compared on the same pictures, published before it is pointed at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import TEN, Trained
from digit_recognition.manifest import CANDIDATE, MANIFEST, SERVED, read_pointer, sha256_bytes
from digit_recognition.model import Refused, load_model
from digit_recognition.places import Folder

from digit_training.promotion import promote
from digit_training.release import read_release
from digit_training.selection import Examples, read_examples
from digit_training.settings import Settings

NINE_NAME, TEN_NAME = "mnist_model_0_1_2_3_4_5_6_7_8", "mnist_model_0_1_2_3_4_5_6_7_8_9"


@pytest.fixture
def settings(tmp_path: Path, trained: Trained) -> Settings:
    """A place without models, and a copy of MLflow's files, for they take seconds to make."""
    work = tmp_path / "work"
    shutil.copytree(trained.project.environment["DIGIT_WORK"], work)
    return Settings(digit_models=str(tmp_path / "models"), digit_work=work)


@pytest.fixture
def nine(trained: Trained) -> Path:
    return trained.project.kept("nine") / "release"


@pytest.fixture
def ten(trained: Trained) -> Path:
    return trained.project.kept("ten") / "release"


@pytest.fixture
def held_out(trained: Trained) -> Examples:
    return read_examples(trained.project.kept("ten") / "selected" / "held_out.npz")


def _served(settings: Settings) -> str:
    return read_pointer((Path(settings.digit_models) / SERVED).read_bytes()).manifest.split("/")[0]


def test_the_first_is_served_and_a_better_one_in_its_place(
    settings: Settings, nine: Path, ten: Path, held_out: Examples
) -> None:
    first = promote(settings, nine, held_out)
    assert first.promoted and first.served is None and _served(settings) == NINE_NAME
    second = promote(settings, ten, held_out)
    assert second.promoted and second.served is not None and _served(settings) == TEN_NAME
    assert second.served.name == NINE_NAME and second.served.accuracy == read_release(nine).metrics.accuracy


def test_a_worse_one_is_published_and_not_served(settings: Settings, nine: Path, ten: Path, held_out: Examples) -> None:
    promote(settings, ten, held_out)
    decision = promote(settings, nine, held_out)
    assert not decision.promoted and "its accuracy is worse: 0.8" in decision.why
    assert _served(settings) == TEN_NAME
    assert (Path(settings.digit_models) / NINE_NAME / read_release(nine).version / MANIFEST).exists()


def test_what_counts_are_the_pictures_of_now_not_what_a_manifest_says(
    settings: Settings, nine: Path, ten: Path, held_out: Examples
) -> None:
    promote(settings, nine, held_out)
    known = held_out.labels < 9
    easy = Examples(held_out.frames[known], held_out.labels[known], held_out.features[known])
    decision = promote(settings, ten, easy)
    assert decision.served is not None
    assert decision.served.accuracy == pytest.approx(read_release(nine).metrics.accuracy_learned)


def test_the_same_again_changes_nothing(settings: Settings, ten: Path, held_out: Examples) -> None:
    promote(settings, ten, held_out)
    place = Path(settings.digit_models)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    decision = promote(settings, ten, held_out)
    assert not decision.promoted and "served already" in decision.why
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


def test_a_candidate_answers_a_share_until_it_is_served(
    settings: Settings, nine: Path, ten: Path, held_out: Examples
) -> None:
    promote(settings, nine, held_out)
    decision = promote(settings, ten, held_out, share=0.25)
    candidate = Path(settings.digit_models) / CANDIDATE
    assert not decision.promoted and "25%" in decision.why and _served(settings) == NINE_NAME
    pointer = read_pointer(candidate.read_bytes())
    assert pointer.share == 0.25 and load_model(Folder(candidate.parent), pointer).name == TEN_NAME
    assert promote(settings, ten, held_out).promoted
    assert _served(settings) == TEN_NAME and not candidate.exists()


def test_a_served_model_that_is_spoilt_holds_nobody_up(
    settings: Settings, nine: Path, ten: Path, held_out: Examples
) -> None:
    promote(settings, ten, held_out)
    spoilt = Path(settings.digit_models) / TEN_NAME / read_release(ten).version / "model.tflite"
    spoilt.write_bytes(spoilt.read_bytes()[:-1])
    decision = promote(settings, nine, held_out)
    assert decision.promoted and "the served model cannot be used: model.tflite is not the file" in decision.why


def test_a_release_that_fails_its_own_check_is_not_served(
    settings: Settings, ten: Path, held_out: Examples, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(ten, spoilt)
    check = json.loads((spoilt / "check.json").read_text())
    check["pictures"][0]["digit"] = (check["pictures"][0]["digit"] + 1) % 10
    text = json.dumps(check)
    (spoilt / "check.json").write_text(text)
    manifest = json.loads((spoilt / MANIFEST).read_text())
    manifest["files"]["check.json"] = {"sha256": sha256_bytes(text.encode()), "bytes": len(text.encode())}
    (spoilt / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(Refused, match="picture 0 of its check: it reads"):
        promote(settings, spoilt, held_out)
    assert not (Path(settings.digit_models) / SERVED).exists()


def test_the_reference_describes_what_was_learned(trained: Trained, ten: Path) -> None:
    manifest = read_release(ten)
    learn = read_examples(trained.project.kept("ten") / "selected" / "learn.npz")
    parts = manifest.distributions()
    assert set(parts) == {"brightness", "contrast", "stroke", "ink", "sharpness", "confidence"}
    assert parts["brightness"].edges == pytest.approx(np.quantile(learn.features[:, 0], np.arange(1, 10) / 10))
    assert all(sum(part.shares) == pytest.approx(1) for part in parts.values())
    classes = manifest.classes()
    assert classes is not None and classes.labels == TEN and sum(classes.shares) == pytest.approx(1)
