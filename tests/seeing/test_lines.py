"""The lines of the log: what stands in them, and that nothing from outside can forge one."""

import contextvars
import io
import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from aiservice.protocol import lines
from aiservice.protocol.lines import Ids, JsonLines, TextLines, bind
from engine.failures import note_end
from engine.task.task import NodeRun, new_task
from tests.conftest import MakeEngine
from tests.e2e.processes import wait_for
from tests.e2e.scripts import Scripted, ended, open_chain, submit

HOSTILE = [
    'x\n2026-01-01 00:00:00,000 INFO    engine: forged [task=1]\r\n{"level":"info","message":"forged"}',
    "x\x00\x1b[2K\x08\x7f\x85forged",
    "x\u2028forged\u2029forged",
    "x\u202eforged\u2066",
    "x\ud800",
    'x" forged=1 "',
    "x\\nforged",
]


def written(formatter: logging.Formatter, message: str, error: bool = False, **extra: Any) -> str:
    """What a handler with this formatter writes for a line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("engine.test")
    logger.addHandler(handler)
    try:
        raise ValueError(message)
    except ValueError:
        logger.warning("it said %s", message, exc_info=error, extra=extra)
    return stream.getvalue()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_from_outside_forges_a_line_of_text(hostile: str) -> None:
    text = written(TextLines(), hostile, error=True, task=hostile, route=hostile)
    text.encode()
    head, *following = text.rstrip("\n").split("\n")
    assert len(text.splitlines()) == len(following) + 1, "there are other ends of lines in it"
    assert head[:2] == "20" and " WARNING engine.test: it said x" in head
    assert following and all(line.startswith(" | ") for line in following), "a line begins as one of the log does"
    assert not any(
        ord(letter) < 32 or letter in "\x7f\x85\u202e\u2066" for line in (head, *following) for letter in line
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_from_outside_forges_a_line_of_json(hostile: str) -> None:
    text = written(JsonLines(), hostile, error=True, task=hostile)
    assert text.count("\n") == 1 and text.endswith("\n")
    line = json.loads(text)
    assert set(line) == {"time", "level", "logger", "message", "task", "exception"}
    expected = hostile.encode(errors="backslashreplace").decode()
    assert (line["message"], line["task"]) == (f"it said {expected}", expected)


def test_a_quoted_id_cannot_be_left() -> None:
    assert written(TextLines(), "m", task='a" node="b').rstrip("\n").endswith('[task="a\\" node=\\"b"]')
    assert written(TextLines(), "m", task="ab", node=3).rstrip("\n").endswith("[task=ab node=3]")


def test_ids_are_those_bound_those_given_and_those_of_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    def trace() -> Mapping[str, object]:
        return {"trace": "f00", "node": None}

    monkeypatch.setattr(lines, "sources", [trace])

    def inside() -> dict[str, Any]:
        bind(Ids(task="t", route="", key="k"))
        told: dict[str, Any] = json.loads(written(JsonLines(), "m", key="other"))
        return told

    told = contextvars.copy_context().run(inside)
    assert {name: told[name] for name in lines.IDS if name in told} == {"task": "t", "key": "other", "trace": "f00"}
    assert "task" not in json.loads(written(JsonLines(), "m")), "it holds only where it was bound"


def test_a_long_message_is_cut() -> None:
    assert len(json.loads(written(JsonLines(), "x" * 100_000))["message"]) < 10_000


def test_a_failing_task_is_found_in_the_log(make_engine: MakeEngine, service: Scripted) -> None:
    """By its id and that of the node, with neither what the client sent nor the capability of a call."""
    engine = make_engine(APP_LOG="info", APP_LOG_FORMAT="json")
    plan = service.plan({"status": 422, "body": "SECRET of the service"})
    route = open_chain(engine, {"name": "x"}, plan)
    job = submit(engine, route, {"name": "SECRET of the client"})
    assert ended(engine, job)["status"] == "error"
    call = plan.calls[0]["id"]
    told = wait_for(
        lambda: t if len(t := [json.loads(x) for x in engine.log.splitlines() if job in x]) > 1 else None, ""
    )
    failed = next(line for line in told if line["message"] == "the task has failed")
    assert (failed["task"], failed["node"], failed["route"]) == (job, "s0", route)
    assert all(len(line["trace"]) == 32 and line["trace"] == failed["trace"] for line in told if "node" in line)
    called = next(line for line in told if line["message"].startswith("the call failed"))
    place = f"127.0.0.1:{service.port}"
    assert (called["task"], called["node"], called["service"], called["attempt"]) == (job, "s0", place, "1")
    assert all({"time", "level", "logger", "message"} <= set(json.loads(line)) for line in engine.log.splitlines())
    assert any(json.loads(line)["logger"] == "uvicorn.error" for line in engine.log.splitlines())
    assert "SECRET" not in engine.log and call not in engine.log and call[len(job) :] not in engine.log


def test_a_task_that_failed_is_named_whoever_finds_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    run = NodeRun("error", error="SECRET of the client")
    task = replace(new_task("t", "5" * 32, "r", "d", 0), status="error", message="SECRET", nodes={"a": run})
    with caplog.at_level(logging.INFO):
        note_end(task)
        note_end(replace(task, status="finished"))
    told = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert [(line["task"], line["node"], line["route"]) for line in told] == [("t", "a", "r")]
    assert "SECRET" not in str(told)


def test_lines_go_to_standard_error_in_the_format_that_is_set() -> None:
    program = (
        "import warnings; from aiservice.protocol.lines import configure; configure('info', 'json');"
        "warnings.warn('old\\n{}'); import logging; logging.getLogger('a').debug('no')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(line)["logger"] for line in done.stderr.splitlines()] == ["py.warnings"] and not done.stdout
