"""Models are checked before they answer; a new one takes the place of the old one, or is refused with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn import DRAWN
from publishing import TURNED, Release

from digit_recognition.manifest import CANDIDATE, SERVED, WrongManifest, read_manifest, read_pointer
from digit_recognition.model import Refused, load_model
from digit_recognition.places import Folder
from digit_recognition.prepare import prepare
from digit_recognition.recognizer import SHIPPED
from digit_recognition.registry import Registry


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "models")


def registry_of(place: Folder) -> Registry:
    return Registry(place, Folder(SHIPPED))


def refusal(place: Folder, release: Release) -> str:
    release.publish(place)
    with pytest.raises(Refused) as error:
        load_model(place, read_pointer(place.read(SERVED) or b""))
    return str(error.value)


def test_the_shipped_model_knows_all_digits() -> None:
    shipped = Folder(SHIPPED)
    model = load_model(shipped, read_pointer(shipped.read(SERVED) or b""))
    assert sorted(model.manifest.labels) == list(range(10))
    assert model.manifest.metrics.accuracy >= 0.98
    assert set(model.manifest.files) >= {"model.tflite", "check.json"}


def test_eighteen_of_twenty_drawn_digits_are_read() -> None:
    shipped = Folder(SHIPPED)
    model = load_model(shipped, read_pointer(shipped.read(SERVED) or b""))
    frames = [(drawn.digit, prepare(drawn.render())) for drawn in DRAWN]
    wrong = [digit for digit, found in frames if found is None or model.answer(found.image).digit != digit]
    assert len(DRAWN) == 20 and len(wrong) <= 2, wrong


def test_a_good_model_is_loaded(place: Folder) -> None:
    Release("v1", labels=TURNED).publish(place)
    model = load_model(place, read_pointer(place.read(SERVED) or b""))
    found = prepare(DRAWN[0].render())
    assert found is not None and model.answer(found.image).digit == 9
    assert list(model.answer(found.image).probabilities) == [str(digit) for digit in range(10)]


def test_a_file_that_is_not_the_listed_one_is_refused(place: Folder) -> None:
    release = Release("v1")
    release.manifest["files"]["model.tflite"] = {"sha256": "0" * 64, "bytes": len(release.model)}
    assert "model.tflite is not the file" in refusal(place, release)
    release = Release("v2")
    release.manifest["files"]["check.json"] = {"sha256": "0" * 64, "bytes": 3}
    assert "check.json is not the file" in refusal(place, release)


def test_a_manifest_that_is_not_the_one_meant_is_refused(place: Folder) -> None:
    Release("v1").publish(place)
    pointer = read_pointer(place.read(SERVED) or b"")
    place.write(pointer.manifest, (place.read(pointer.manifest) or b"") + b" ")
    with pytest.raises(Refused, match="another checksum"):
        load_model(place, pointer)
    place.delete(pointer.manifest)
    with pytest.raises(Refused, match="is not there"):
        load_model(place, pointer)


def test_a_model_that_cannot_be_loaded_is_refused(place: Folder) -> None:
    for number, content in enumerate((b"no model", Release("x").model[:5000], b"\0" * 20_000)):
        assert "cannot be loaded" in refusal(place, Release(f"v{number}", model=content))


def test_shapes_that_do_not_fit_are_refused(place: Folder) -> None:
    release = Release("v1")
    release.manifest["labels"] = [0, 1, 2]
    assert "input and output are [1, 28, 28, 1] and [1, 10]" in refusal(place, release)
    release = Release("v2")
    release.manifest["input"] = {"shape": [1, 32, 32, 1]}
    assert "input and output" in refusal(place, release)


def test_answers_that_are_not_those_of_the_training_are_refused(place: Folder) -> None:
    release = Release("v1")
    release.check["pictures"][3]["probabilities"][2] += 0.002
    assert "picture 3 of its check: a probability is off by 0.0020" in refusal(place, release)
    release = Release("v2")
    release.check["pictures"][4]["digit"] = (release.check["pictures"][4]["digit"] + 1) % 10
    assert "picture 4 of its check: it reads" in refusal(place, release)
    release = Release("v3")
    release.check["pictures"][0]["probabilities"].pop()
    assert "9 probabilities for 10 outputs" in refusal(place, release)
    release = Release("v4")
    release.check["pictures"] = []
    assert "the check: pictures" in refusal(place, release)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [1, 1]}, "must name each digit"),
        ({"labels": [10]}, "labels.0"),
        ({"name": "../../etc"}, "name"),
        ({"files": {"../x": {"sha256": "0" * 64, "bytes": 1}}}, "files"),
        ({"reference": {"ink": {"edges": [2, 1], "shares": [0.1, 0.2, 0.7]}}}, "the reference of ink"),
        ({"reference": {"ink": {"edges": [1], "shares": [0.1]}}}, "the reference of ink"),
        ({"reference": {"predicted": {"labels": [1, 2], "shares": [1]}}}, "the reference of predicted"),
        ({"metrics": {"accuracy": float("nan")}}, "the manifest"),
    ],
)
def test_wrong_manifests(change: dict[str, object], message: str) -> None:
    with pytest.raises(WrongManifest, match=message):
        read_manifest(json.dumps(Release("v1").manifest | change).encode())


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"manifest": "../x/manifest.json", "sha256": "' + b"0" * 64 + b'"}']
)
def test_wrong_pointers(data: bytes) -> None:
    with pytest.raises(WrongManifest, match="the pointer"):
        read_pointer(data)


def test_before_anything_is_published_the_shipped_model_answers(place: Folder) -> None:
    registry = registry_of(place)
    assert registry.shipped and registry.serving.served.manifest.version in str(registry.view())


def test_a_new_model_takes_the_place_of_the_old_one(place: Folder) -> None:
    registry = registry_of(place)
    for version in ("v1", "v2", "v1"):
        Release(version).publish(place)
        registry.look()
        assert registry.serving.served.version == version
    assert registry.swaps == 3 and not registry.shipped


def test_a_refused_model_leaves_the_old_one_and_says_why(place: Folder) -> None:
    Release("v1").publish(place)
    registry = registry_of(place)
    Release("v2", model=b"no model").publish(place)
    for _ in range(3):
        registry.look()
    assert registry.serving.served.version == "v1"
    (reason,) = [each["reason"] for each in registry.view()["refused"].values()]
    assert "cannot be loaded" in reason and registry.refused["served"] == 1
    place.write(SERVED, b"broken")
    registry.look()
    assert registry.serving.served.version == "v1" and registry.refused["served"] == 2
    Release("v3").publish(place)
    registry.look()
    assert registry.serving.served.version == "v3" and registry.view()["refused"] == {}


def test_a_pointer_that_is_taken_away_changes_nothing(place: Folder) -> None:
    Release("v1").publish(place)
    registry = registry_of(place)
    place.delete(SERVED)
    registry.look()
    assert registry.serving.served.version == "v1"


def test_a_place_that_cannot_be_read_is_told_and_recovers(place: Folder) -> None:
    registry = registry_of(place)
    (place.root / SERVED).mkdir(parents=True)
    registry.look()
    assert registry.trouble is not None and "Is a directory" in registry.trouble
    (place.root / SERVED).rmdir()
    Release("v1").publish(place)
    registry.look()
    assert registry.trouble is None and registry.serving.served.version == "v1"


@pytest.mark.parametrize("share", [0.1, 0.25, 1.0])
def test_a_candidate_gets_exactly_its_share_of_the_calls(place: Folder, share: float) -> None:
    Release("v1").publish(place)
    Release("v2").publish(place, CANDIDATE, share)
    registry = registry_of(place)
    serving = registry.serving
    assert serving.candidate is not None and serving.candidate.version == "v2"
    assert sum(serving.asks_candidate() for _ in range(1000)) == round(1000 * share)


def test_a_candidate_comes_and_goes_and_is_promoted(place: Folder) -> None:
    Release("v1").publish(place)
    registry = registry_of(place)
    Release("v2").publish(place, CANDIDATE)
    registry.look()
    first = registry.serving
    assert first.candidate is not None and first.share == 0.1
    registry.look()
    assert registry.serving is first, "nothing was new"
    Release("v2").publish(place, SERVED)
    registry.look()
    assert registry.serving.served.version == "v2" and registry.serving.candidate is None
    Release("v3").publish(place, CANDIDATE)
    registry.look()
    assert registry.serving.candidate is not None
    place.delete(CANDIDATE)
    registry.look()
    assert registry.serving.candidate is None and not registry.serving.asks_candidate()


def test_a_refused_candidate_is_not_asked(place: Folder) -> None:
    Release("v1").publish(place)
    release = Release("v2")
    release.check["pictures"][0]["probabilities"][0] += 0.5
    release.publish(place, CANDIDATE)
    registry = registry_of(place)
    assert registry.serving.candidate is None and registry.serving.served.version == "v1"
    assert "candidate" in registry.view()["refused"]
