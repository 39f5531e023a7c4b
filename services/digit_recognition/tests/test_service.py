"""The service as it runs: its own process, HTTP, callbacks, and models that change while it is used."""

from __future__ import annotations

import struct
import threading
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from aiservice.testing import CallbackReceiver, running, wait_until
from conftest import Live, Tasks, live
from drawn import DRAWN, Drawn
from pictures import file_of, inverted, photographed, written
from PIL import Image
from publishing import TURNED, Release, reference_of

from digit_recognition.manifest import CANDIDATE, SERVED

SEVEN = next(drawn for drawn in DRAWN if drawn.digit == 7)
PNG = file_of(SEVEN.render())


def test_drawn_digits_are_read(plain: Live) -> None:
    answers = [plain.digit(file_of(drawn.render()))["digit"] for drawn in DRAWN]
    assert sum(answer == drawn.digit for answer, drawn in zip(answers, DRAWN, strict=True)) >= 18, answers


def test_photos_of_digits_are_read(plain: Live) -> None:
    answers = [plain.digit(photographed(drawn.render(), number))["digit"] for number, drawn in enumerate(DRAWN)]
    assert sum(answer == drawn.digit for answer, drawn in zip(answers, DRAWN, strict=True)) >= 17, answers


def test_the_answer(plain: Live) -> None:
    answer = plain.digit(PNG)
    assert set(answer) == {"digit", "probabilities", "confidence", "model", "version"}
    assert answer["digit"] == 7 and answer["model"] == "mnist_model_0_1_2_3_4_5_6_7_8_9"
    assert list(answer["probabilities"]) == [str(digit) for digit in range(10)]
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert answer["confidence"] == answer["probabilities"]["7"] == max(answer["probabilities"].values())


@pytest.mark.parametrize("mode", ["L", "1", "RGBA", "LA", "CMYK", "P", "I;16"])
def test_every_mode(plain: Live, mode: str) -> None:
    image = Image.fromarray(SEVEN.render())
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.quantize(16) if mode == "P" else image.convert(mode)
    assert plain.digit(file_of(image, "TIFF" if mode == "CMYK" else "PNG"))["digit"] == 7


def test_ink_on_a_transparent_ground(plain: Live) -> None:
    ink = 255 - np.asarray(Image.fromarray(SEVEN.render()).convert("L"))
    picture = np.dstack([np.zeros((*ink.shape, 3), np.uint8), ink])
    assert plain.digit(file_of(Image.fromarray(picture)))["digit"] == 7


def test_exif_rotation(plain: Live) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(SEVEN.render()).transpose(Image.Transpose.ROTATE_90)
    assert plain.digit(file_of(stored, "JPEG", exif=exif, quality=95))["digit"] == 7


def huge() -> bytes:
    """A small PNG file of 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 2501 * 20_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


WRONG = {
    "no picture": b"no picture",
    "empty": b"",
    "cut": file_of(SEVEN.render(), "JPEG")[:2000],
    "huge": huge(),
    "blank": file_of(np.full((200, 200, 3), 255, np.uint8)),
    "one pixel": file_of(np.zeros((1, 1, 3), np.uint8)),
    "noise": file_of(np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)),
    "two": file_of(np.concatenate([SEVEN.render(), DRAWN[0].render()], axis=1)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_picture_is_a_clear_error(plain: Live, name: str) -> None:
    answer = plain.read(WRONG[name])
    assert answer.status_code == (413 if name == "huge" else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("image: ")
    words = {
        "blank": "shows no digit",
        "one pixel": "shows no digit",
        "noise": "shows no digit",
        "two": "shows 2 shapes",
    }
    assert words.get(name, "") in answer.json()["detail"]
    assert plain.digit(PNG)["digit"] == 7, "the service did not live on"


def test_by_callback_and_by_fetching(plain: Live) -> None:
    with CallbackReceiver() as receiver:
        files = {"image": ("a.png", PNG, "image/png")}
        assert plain.service.call("/compute", files=files, callback_url=receiver.url, task_id="call-1").status == 200
        assert receiver.wait_for("call-1").json["digit"] == 7
    where = "/tasks/" + plain.client.post("/compute", files={"image": PNG}).json()["task_id"]
    wait_until(lambda: plain.client.get(where).status_code == 200, what="the result")
    assert plain.page(where)["digit"] == 7


def test_many_at_once_all_get_their_own_answer(plain: Live) -> None:
    expected = [(drawn, plain.digit(file_of(drawn.render()))["probabilities"]) for drawn in DRAWN]

    def same(pair: tuple[Drawn, dict[str, float]]) -> bool:
        return bool(plain.digit(file_of(pair[0].render()))["probabilities"] == pair[1])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(same, expected * 2))


def test_what_it_says_of_itself(plain: Live) -> None:
    plain.digit(PNG)
    ready, models = plain.page("/health/ready"), plain.page("/models")
    assert ready["status"] == "ready" and ready["served"]["digits"] == list(range(10))
    assert ready["candidate"] is None and ready["refused"] == {}
    assert models["served"]["shipped"] and models["served"]["metrics"]["accuracy"] >= 0.98
    assert plain.page("/drift")["needed"] == 100
    paths = plain.page("/openapi.json")["paths"]
    assert {"/compute", "/feedback", "/label", "/models", "/drift"} <= set(paths)
    assert plain.metric('digit_answers_total{digit="7",role="served"}') > 0
    assert plain.metric("digit_model_swaps_total") == 0


def test_a_picture_with_its_digit(plain: Live) -> None:
    picture = file_of(written(77))
    answer = plain.read(picture, "/label", digit="4")
    assert answer.status_code == 200, answer.text
    name = answer.json()["picture"]
    assert answer.json() == {"picture": name, "digit": 4, "was_right": None}
    assert (plain.keep / "labelled" / "4" / f"{name}.png").exists()
    assert plain.read(picture, "/label", digit="11").status_code == 422
    assert plain.read(WRONG["blank"], "/label", digit="1").status_code == 422


@pytest.mark.parametrize("picture", ["x", "0" * 64, "../../../etc/passwd"])
def test_feedback_for_a_picture_that_is_not_there(plain: Live, picture: str) -> None:
    body = {"digit": 4, "picture": picture}
    answer = plain.client.post("/feedback", json=body, headers={"Prefer": "wait=60"})
    assert answer.status_code == 422 and answer.json()["detail"].startswith("picture: ")


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    with live(tmp_path, DIGIT_KEEP="") as started:
        assert "picture" not in started.digit(file_of(written(5)))
        answer = started.read(PNG, "/label", digit="7")
        assert answer.status_code == 422 and "DIGIT_KEEP is not set" in answer.text
        assert not started.keep.exists()


def test_a_picture_that_the_model_is_not_sure_of_is_kept_and_labelled(tmp_path: Path) -> None:
    with live(tmp_path, DIGIT_KEEP_BELOW="1", DIGIT_KEEP_COUNT="5") as started:
        answer = started.digit(file_of(written(5)))
        body = {"digit": answer["digit"], "picture": answer["picture"]}
        thanks = started.client.post("/feedback", json=body, headers={"Prefer": "wait=60"}).json()
        assert thanks == {"picture": answer["picture"], "digit": answer["digit"], "was_right": True}
        assert started.page("/drift")["kept"]["labelled"][str(answer["digit"])] == 1
        assert started.metric('digit_feedback_total{model="right"}') == 1


def test_new_models_are_taken_up_without_a_failed_call(tmp_path: Path) -> None:
    with live(tmp_path) as started:
        plain_digit = started.digit(PNG)["digit"]
        assert plain_digit == 7
        seen: Counter[tuple[str, int]] = Counter()
        stop = threading.Event()

        def call() -> None:
            while not stop.is_set():
                answer = started.digit(PNG)
                seen[answer["version"], answer["digit"]] += 1

        with ThreadPoolExecutor(3) as threads:
            calling = [threads.submit(call) for _ in range(3)]
            try:
                for number, labels in enumerate([TURNED, None, TURNED]):
                    version = f"v{number}"
                    (Release(version, labels=labels) if labels else Release(version)).publish(started.models)
                    digit = 2 if labels else 7
                    wait_until(lambda v=version, d=digit: seen[v, d] > 3, what=version)  # type: ignore[misc]
            finally:
                stop.set()
            for each in calling:
                each.result()
        known = {("v0", 2), ("v1", 7), ("v2", 2)}
        assert all(key in known or (key[0] not in "v0v1v2" and key[1] == 7) for key in seen), seen
        Release("v3", model=b"broken").publish(started.models)
        wait_until(lambda: "served" in started.page("/health/ready")["refused"], what="the refusal")
        assert started.digit(PNG)["version"] == "v2"
        assert started.metric('digit_model_refused_total{role="served"}') == 1


def test_a_candidate_answers_its_share_and_is_compared(tmp_path: Path) -> None:
    with live(tmp_path) as started:
        Release("v1").publish(started.models)
        Release("v2", labels=TURNED).publish(started.models, CANDIDATE, 0.25)
        wait_until(lambda: started.page("/models")["candidate"] is not None, what="the candidate")
        answers = Counter((each["version"], each["digit"]) for each in (started.digit(PNG) for _ in range(40)))
        assert answers == {("v1", 7): 30, ("v2", 2): 10}
        candidate = started.page("/models")["candidate"]
        assert (candidate["calls"], candidate["agree"], candidate["disagree"]) == (10, 0, 10)
        assert started.metric('digit_candidate_calls_total{outcome="disagree"}') == 10
        started.models.delete(CANDIDATE)
        wait_until(lambda: started.page("/models")["candidate"] is None, what="its end")
        assert started.digit(PNG)["version"] == "v1"


def test_drift_raises_an_alert_and_starts_one_retraining(tmp_path: Path, tasks: Tasks) -> None:
    with live(tmp_path, DIGIT_RETRAIN=tasks.url) as started:
        reference = reference_of([written(seed) for seed in range(20_000, 20_300)])
        Release("v1", reference=reference).publish(started.models)
        wait_until(lambda: started.page("/drift")["version"] == "v1", what="the new model")
        ordinary = [written(seed) for seed in range(130)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(started.digit, map(file_of, ordinary)))
            assert not started.page("/drift")["alert"] and tasks.posted == []
            list(threads.map(started.digit, (file_of(inverted(picture)) for picture in ordinary)))
        drift = started.page("/drift")
        assert drift["alert"] and drift["features"]["brightness"]["level"] == "significant"
        assert started.metric("digit_drift_alert") == 1
        assert started.metric('digit_drift_psi{feature="brightness"}') >= 0.25
        wait_until(lambda: started.page("/drift")["retraining"]["last"] is not None, what="the task")
        assert started.page("/drift")["retraining"]["last"]["jobId"] == "job-1" and len(tasks.posted) == 1
        Release("v2", reference=reference).publish(started.models)
        wait_until(lambda: started.page("/drift")["version"] == "v2", what="the retrained model")
        assert not started.page("/drift")["alert"] and started.page("/drift")["pictures"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("DIGIT_LOOK", "0"), ("DIGIT_MODELS", "https://x.org/y"), ("DIGIT_KEEP_BELOW", "2"), ("DIGIT_RETRAIN", "engine")],
)
def test_a_wrong_setting_stops_the_start(name: str, value: str) -> None:
    with (
        pytest.raises(Exception, match=f"(?s){name} is wrong"),
        running("digit_recognition", cwd="/", env={name: value}),
    ):
        pass


def test_a_broken_published_model_does_not_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / SERVED).write_bytes(b"{")
    with live(tmp_path) as started:
        assert started.digit(PNG)["digit"] == 7
        assert "served" in started.page("/health/ready")["refused"]
