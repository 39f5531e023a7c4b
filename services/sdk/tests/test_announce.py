"""Announcements: one message per operation, at start, again and again, and sooner while the engine is away."""

from pathlib import Path
from typing import Any

import pytest

from aiservice.protocol import Announcement
from aiservice.testing import CallbackReceiver, free_port, wait_until

ROUTES = [
    "echo",
    "held",
    "mirror",
    "level",
    "shape",
    "digest",
    "return",
    "several",
    "png",
    "fail",
    "timed",
    "render",
    "report",
    "step",
]
ADDRESS = "http://service.test:9000"


def announcing(receiver: CallbackReceiver, every: str) -> dict[str, str]:
    engine = receiver.url.removesuffix("/processing")
    return {"APP_ENGINE": engine + "/", "APP_SERVICE": ADDRESS + "/", "APP_NOTIFY_CRON": every}


def test_every_operation_is_announced_and_again(start: Any) -> None:
    with CallbackReceiver() as receiver, start(**announcing(receiver, "0.3")):
        wait_until(lambda: len(receiver.received) >= 3 * len(ROUTES), what="three rounds")
        messages = [Announcement.model_validate(message.json) for message in receiver.received]
        assert [message.api.route for message in messages[: len(ROUTES)]] == ROUTES
        assert all(message.interval == 0.3 for message in messages)
        mirror = messages[ROUTES.index("mirror")]
        assert mirror.url == f"{ADDRESS}/mirror"
        assert mirror.api.body == ["image", "areas"]
        echo = messages[0]
        assert (echo.api.summary, echo.api.description) == ("Say it again.", "As often as you like.")
        assert echo.api.body == {"text": "text"}
        shape, several = messages[ROUTES.index("shape")], receiver.received[ROUTES.index("several")]
        assert shape.api.result and sorted(shape.api.result["properties"]) == "format height mask name width".split()
        assert "result" not in several.json["api"]


def test_an_engine_that_comes_later_is_told_soon(start: Any) -> None:
    port = free_port()
    env = {"APP_ENGINE": f"http://127.0.0.1:{port}", "APP_SERVICE": ADDRESS, "APP_NOTIFY_CRON": "3600"}
    with start(**env) as service:
        wait_until(lambda: "cannot announce" in service.log, what="the first attempt")
        with CallbackReceiver(port=port) as receiver:
            wait_until(lambda: len(receiver.received) >= len(ROUTES), what="the announcements")
        wait_until(lambda: "announced to" in service.log, what="the log line")
        assert service.log.count("cannot announce") == 1


def test_a_refusal_is_logged_with_its_reason(start: Any) -> None:
    with CallbackReceiver([409]) as receiver, start(**announcing(receiver, "30")) as service:
        wait_until(lambda: "echo: answered 409" in service.log, what="the log line")
        wait_until(lambda: len(receiver.received) >= 2 * len(ROUTES), what="another round")


def test_the_key_goes_with_every_announcement_and_is_read_again(start: Any, tmp_path: Path) -> None:
    file = tmp_path / "service.key"
    file.write_text("aim_first_secret\n")
    with CallbackReceiver() as receiver, start(APP_KEY_FILE=str(file), **announcing(receiver, "0.1")) as service:
        wait_until(lambda: len(receiver.received) >= len(ROUTES), what="a round")
        assert {message.headers["authorization"] for message in receiver.received} == {"Bearer aim_first_secret"}
        file.write_text("aim_second_secret\n")
        wait_until(lambda: "second" in receiver.received[-1].headers["authorization"], what="the other key")
        file.write_text("no key\n")
        wait_until(lambda: "authorization" not in receiver.received[-1].headers, what="no key")
        wait_until(lambda: "APP_KEY_FILE holds no key" in service.log, what="the log line")
        assert "secret" not in service.log and "no key\n" not in service.log


@pytest.mark.parametrize(
    ("status", "key", "told"),
    [
        (401, {}, "asks for a key; set APP_KEY or APP_KEY_FILE"),
        (401, {"APP_KEY": "aim_wrong_secret"}, "does not take the key of APP_KEY"),
        (403, {"APP_KEY": "aim_wrong_secret"}, "needs the scope `service`"),
    ],
)
def test_a_key_that_is_not_taken_is_told_clearly(start: Any, status: int, key: dict[str, str], told: str) -> None:
    with CallbackReceiver([status] * 200) as receiver, start(**key, **announcing(receiver, "30")) as service:
        wait_until(lambda: told in service.log, what="the log line")
        assert "wrong_secret" not in service.log
        assert len(receiver.received) >= len(ROUTES), "and it goes on"


def test_nothing_is_announced_before_the_model_is_loaded(start: Any, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    with CallbackReceiver() as receiver:
        with start(wait_ready=False, SPECIMEN_LOAD=str(gate), **announcing(receiver, "0.2")) as service:
            wait_until(lambda: "listens on" in service.log, what="the HTTP side")
            assert service.get("/health/live").status == 200
            assert service.get("/health/ready").status == 503
            refused = service.call("/echo", data={"text": "a"})
            assert (refused.status, "retry-after" in refused.headers) == (503, True)
            assert not receiver.received
            gate.touch()
            wait_until(lambda: len(receiver.received) >= len(ROUTES), what="the announcements")
            assert service.get("/health/ready").status == 200


def test_an_engine_that_refuses_descriptions_gets_the_messages_without(start: Any) -> None:
    with CallbackReceiver([422]) as receiver, start(**announcing(receiver, "0.1")) as service:
        wait_until(lambda: len(receiver.received) >= 25 * len(ROUTES), what="many rounds")
        echoes = [message.json for message in receiver.received if message.json["api"]["route"] == "echo"]
        assert ["result" in echo["api"] for echo in echoes[:24]] == [True] + 20 * [False] + 3 * [True]
        without = {key: value for key, value in echoes[0]["api"].items() if key != "result"}
        assert echoes[1] == {**echoes[0], "api": without}
        others = [message.json["api"] for message in receiver.received if message.json["api"]["route"] == "mirror"]
        assert all("result" in api for api in others)
        assert service.log.count("echo: announced without the description of its result, which was refused") == 1
        assert "cannot announce" not in service.log


def test_what_is_refused_without_a_description_too_is_told(start: Any) -> None:
    with CallbackReceiver([422, 422]) as receiver, start(**announcing(receiver, "30")) as service:
        wait_until(lambda: "echo: answered 422" in service.log, what="the log line")
        wait_until(lambda: len(receiver.received) >= 2 * len(ROUTES) + 1, what="another round")
        assert "without the description" not in service.log
