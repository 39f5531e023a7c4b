"""What is counted: bounded in its labels, free of secrets, the same numbers as were put in."""

import asyncio
import logging
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import accounts
from engine.accounts import MOST_NAMES, OTHER, Counts, Names, Spread
from engine.binaries.files import FileBinaries
from engine.census import Census
from engine.code.base import CodeError
from engine.code.monty import MontySandbox
from engine.code.process import Limits
from engine.errors import StoreAway
from engine.ids import new_task_id, second_of
from engine.measured import MeasuredSandbox, measured_binaries, measured_database
from engine.metrics import Metrics, place_of
from engine.pace import Pace
from engine.pipeline.code import compile_code
from engine.pipeline.flow import load
from engine.store.sqlite import SqliteStore
from engine.task.events import CallFailed, CallReturned
from engine.task.task import Change, new_task


async def lines(metrics: Metrics) -> dict[str, float]:
    """What is shown, by series."""
    text = (await metrics.text()).decode()
    return {name: float(value) for name, value in re.findall(r"^([^# ].*) (\S+)$", text, re.MULTILINE)}


def test_no_more_names_than_may_be() -> None:
    names = Names()
    assert {names.of(f"r{number}") for number in range(MOST_NAMES)} == {f"r{n}" for n in range(MOST_NAMES)}
    assert names.of("late") == OTHER and names.of("r0") == "r0"


def test_names_that_are_gone_make_room() -> None:
    names = Names()
    for name in ("open", "gone", "busy"):
        names.of(name)
    assert names.drop(["open"], 0.0) == [] and names.drop(["open"], accounts.FORGOTTEN_SECONDS - 1) == []
    names.of("busy")
    assert names.drop(["open"], accounts.FORGOTTEN_SECONDS + 1) == ["gone"]


async def test_routes_and_services_that_are_gone_drop_out(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    for route in ("kept", "gone"):
        metrics.submitted(route)
        metrics.called(CallReturned("c", {}, f"http://{route}:80/x"), 0.1)
    metrics.drop(["kept"])
    monkeypatch.setattr(accounts, "FORGOTTEN_SECONDS", -1.0)
    metrics.drop(["kept", "kept:80"])
    shown = await lines(metrics)
    assert shown['engine_tasks_submitted_total{route="kept"}'] == 1
    assert shown['engine_call_seconds_count{service="kept:80"}'] == 1
    assert not [name for name in shown if "gone" in name]


async def test_flooded_with_routes_and_hosts_it_stays_small() -> None:
    metrics = Metrics()
    for number in range(5_000):
        metrics.submitted(f"r{number}")
        metrics.called(CallFailed("c", "m", False, url=f"http://host{number}/"))
    shown = await lines(metrics)
    assert shown['engine_tasks_submitted_total{route="other"}'] == 5_000 - MOST_NAMES and len(shown) < 1_000


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://user:secret@host:8081/path?key=secret", "host:8081"),
        ("https://host/x", "host:443"),
        ("http://[::1]:9/x", "[::1]:9"),
        ("http://host:99999/", "unknown"),
        ("image-blur", "image-blur"),
    ],
)
def test_a_service_is_named_by_route_or_place(url: str, place: str) -> None:
    assert place_of(url) == place


def test_a_histogram_holds_what_was_noted() -> None:
    spread = Spread("s", "about", (0.1, 1), "a")
    for seconds in (0.05, 0.1, 0.5, 3):
        spread.note(("x",), seconds)
    found = {(sample.name, sample.labels.get("le")): sample.value for sample in spread.family().samples}
    assert found == {
        ("s_bucket", "0.1"): 2,
        ("s_bucket", "1.0"): 3,
        ("s_bucket", "+Inf"): 4,
        ("s_count", None): 4,
        ("s_sum", None): pytest.approx(3.65),
    }
    counts = Counts("c", "about", "a")
    counts.add(("x",))
    assert [(s.name, s.labels, s.value) for s in counts.family().samples] == [("c_total", {"a": "x"}, 1)]


def test_what_a_retry_and_a_note_count() -> None:
    """A retried task runs once more; that a node waits, or was taken over, is no state that it took on."""
    api = {"route": "r", "body": {}}
    nodes = [{"id": "e", "type": "entry", "api": api, "next": ["end"]}, {"id": "end", "type": "end"}]
    pipeline, metrics = load({"type": "pipeline", "nodes": nodes}, "d", 1), Metrics()
    task = new_task("t", "s", "r", "d", 0)
    lines_of = (Change(0, None, "running"), Change(1, "e", "running"), Change(2, "e", "running", "it waits"))
    task = replace(task, history=lines_of)
    metrics.saved(pipeline, task, 0)
    assert metrics.balance == 0
    metrics.saved(pipeline, task, 2)
    metrics.ended(task)
    task = replace(task, history=(*lines_of, Change(3, None, "running")))
    metrics.saved(pipeline, task, 3)
    assert metrics.balance == 0, "it ended, and runs again"
    shown = asyncio.run(lines(metrics))
    assert shown['engine_nodes_total{state="running",type="entry"}'] == 1


async def test_stores_are_measured_where_they_fail_too(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    store = measured_database(SqliteStore(tmp_path / "db", "full"), "database", lambda *told: asked.append(told[:2]))
    with pytest.raises(StoreAway):
        await store.stats()
    await store.open()
    await store.stats()
    await store.close()
    assert asked == [("database", "stats")] * 2
    asked.clear()
    files = measured_binaries(FileBinaries(tmp_path / "b"), "binaries", lambda *told: asked.append(told[:2]))
    await files.open()
    sink = await files.sink(new_task_id(0))
    await sink.write(b"123")
    assert sink.size == 3 and await files.size(await sink.commit()) == 3
    await files.close()
    assert asked == [("binaries", "write"), ("binaries", "size")]


async def test_how_code_ends_is_told() -> None:
    ended: list[str] = []
    sandbox = MeasuredSandbox(MontySandbox(Limits(seconds=0.2)), lambda seconds, outcome: ended.append(outcome))
    scope = {"self": "a", "nodes": {"a": {"out": {}}}, "pipeline": {}}
    large = "x = 'x' * 50_000_000\ny = x + x + x"
    try:
        for text in ("x = 1", "x = 1 / 0", "raise TimeoutError('the code ran longer than')", "while True: pass", large):
            try:
                await sandbox.run(compile_code(text, "statements", ["a"]), scope)
            except CodeError:
                continue
    finally:
        await sandbox.close()
    assert ended == ["ok", "error", "error", "timeout", "killed"]


async def test_the_lateness_of_the_loop_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pace.TICK_SECONDS", 0.01)
    told: list[float] = []
    pace = Pace(told.append)
    pace.start()
    try:
        await asyncio.sleep(0)
        time.sleep(0.2)
        async with asyncio.timeout(5):
            while not told:
                await asyncio.sleep(0.01)
    finally:
        pace.stop()
    assert told[0] >= 0.15


async def test_a_store_that_is_away_does_not_hold_up_who_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    census = Census(SqliteStore(tmp_path / "db", "full"), None)
    with caplog.at_level(logging.INFO):
        async with asyncio.timeout(2):
            await census.look()
    await census.close()
    assert census.running is None and census.oldest_seconds() == 0 and "not counted" in caplog.text
    assert second_of(new_task_id(5_000_000)) == 5 and second_of("a" * 32) is None
