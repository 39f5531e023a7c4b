"""`aim run`, `watch`, `retry`, `cancel`, `tasks`, `raw`, as processes, against a real engine and a real service."""

import json
from pathlib import Path

from tests.client.aim import aim, on_terminal, process
from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Scripted, ended, entry, fresh_route, open_chain, open_route, status_of

END = {"id": "end", "type": "end"}
LATER = {"callbacks": [{"sleep": 1.2, "result": {"json": {"n": 2}}}]}


def test_run_shows_the_nodes_prints_the_result_and_saves(engine: Engine, service: Scripted, tmp_path: Path) -> None:
    route = open_chain(engine, ["image", "areas"], service.plan())
    (tmp_path / "photo.png").write_bytes(PNG)
    (tmp_path / "areas.json").write_text('{"areas": [[1, 2, 3, 4]]}')
    inputs = ["image=photo.png", "areas=@areas.json"]
    ran = process(engine.url, "run", route, *inputs, "--out", "results", folder=tmp_path)
    assert ran.code == 0, ran.err
    assert ran.json == {"image": "results/image.png", "areas": [[1, 2, 3, 4]]}
    assert (tmp_path / "results" / "image.png").read_bytes() == PNG
    assert [line.split()[1:] for line in ran.err.splitlines() if "s0" in line] == [
        ["s0", "running"],
        ["s0", "finished"],
    ]
    machine = aim(engine.url, "run", "--json", route, *inputs, "--out", "results", folder=tmp_path)
    assert (machine.code, machine.err) == (0, "")
    assert machine.json["status"] == "finished" and machine.json["files"] == {"image": "results/image.png"}
    assert machine.json["result"]["image"].startswith(engine.url)


def test_inputs_of_an_object_and_from_standard_input(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"name": "Me", "age": 31}, service.plan())
    assert aim(engine.url, "run", route, "name=42", "age=42").json == {"name": "42", "age": 42}
    assert aim(engine.url, "run", route, "--input", '{"name": "A", "age": 1}').json == {"name": "A", "age": 1}
    form = open_route(engine, entry(fresh_route(), "file", "end"), END)
    piped = process(engine.url, "run", form, "file=@-;type=text/plain", "--json", stdin=b"piped text")
    raw = aim(engine.url, "raw", piped.json["jobId"]).json
    assert raw["nodes"]["entry"]["out"]["file"] | {"binary": ""} == {
        "binary": "",
        "name": "file",
        "type": "text/plain",
        "size": 10,
    }


def test_mistakes_are_told_and_nothing_is_started(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_chain(engine, ["image"], plan)
    unknown = aim(engine.url, "run", f"{route[:-1]}", "image=1")
    assert unknown.code == 1 and f"did you mean `{route}`?" in unknown.err
    for wrong in (["image=gone.jpg"], ["picture=1"], [], ["image"]):
        ran = aim(engine.url, "run", route, *wrong)
        assert (ran.code, ran.out) == (2, ""), ran.err
        assert ran.err.startswith("error: ")
    refused = aim(engine.url, "run", route, "--json", "picture=1")
    assert json.loads(refused.err)["errors"][0]["pointer"] == "/image"
    assert plan.calls == []


def test_a_failure_shows_the_node_the_input_and_the_calls(engine: Engine, service: Scripted, tmp_path: Path) -> None:
    plan = service.plan({"status": 500}, {"status": 400, "body": "no \x1b[31mimage"}, {"result": {"json": {"n": 2}}})
    route = open_chain(engine, ["image"], plan)
    (tmp_path / "photo.png").write_bytes(PNG)
    ran = aim(engine.url, "run", route, "image=photo.png", folder=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "node   s0" in ran.err and "answered 400: no" in ran.err
    assert "\x1b" not in ran.err
    assert 'input  {"image": "<photo.png, image/png, 1.0 kB>"}' in ran.err
    assert "call 1" in ran.err and "call 2" in ran.err
    task = next(word for word in ran.err.split() if len(word.strip("`")) == 40).strip("`")
    assert f"aim retry {task}" in ran.err
    again = aim(engine.url, "retry", task)
    assert (again.code, again.json) == (0, {"n": 2})
    assert aim(engine.url, "retry", task).code == 1


def test_wait_no_wait_watch_and_cancel(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan(LATER))
    still = aim(engine.url, "run", route, "n=1", "--wait", "0.3")
    assert still.code == 4 and "aim watch" in still.err
    task = aim(engine.url, "run", route, "n=1", "--no-wait").out.strip()
    assert status_of(engine, task)["status"] == "running"
    watched = aim(engine.url, "watch", task)
    assert (watched.code, watched.json) == (0, {"n": 2})
    assert [line.split()[1:] for line in watched.err.splitlines()][-1] == ["task", "finished"]
    open_task = aim(engine.url, "run", open_chain(engine, {"n": 1}, service.plan({})), "n=1", "--no-wait").out.strip()
    assert aim(engine.url, "cancel", open_task).code == 0
    assert status_of(engine, open_task)["message"] == "cancelled"
    assert aim(engine.url, "watch", open_task, "--json").json == {
        "jobId": open_task,
        "status": "error",
        "message": "cancelled",
    }


def test_the_same_key_is_the_same_task(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    ids = {aim(engine.url, "run", route, "n=1", "--no-wait", "--key", "k").out for _ in range(2)}
    assert len(ids) == 1


def test_tasks_raw_and_stats(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    tasks = [aim(engine.url, "run", route, f"n={n}", "--json").json["jobId"] for n in range(3)]
    listed = aim(engine.url, "tasks", "--route", route, "--limit", "2")
    assert [line.split("\t")[:3] for line in listed.lines] == [[task, route, "finished"] for task in tasks[:0:-1]]
    assert aim(engine.url, "tasks", "--route", route, "--status", "error").out == ""
    machine = aim(engine.url, "tasks", "--route", route, "--json").json
    assert [row["jobId"] for row in machine] == tasks[::-1]
    assert aim(engine.url, "raw", tasks[0]).json["nodes"]["s0"]["out"] == {"n": 0}
    assert aim(engine.url, "raw", "0" * 32).code == 1
    assert aim(engine.url, "stats", "--json").json["services"][route] == 3
    assert f"{route}\t3" in aim(engine.url, "stats").lines


def test_on_a_terminal_the_nodes_move(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan(LATER))
    code, written = on_terminal(engine.url, "run", route, "n=1")
    assert code == 0
    assert "⠋ s0" in written and "✔ s0" in written
    assert written.rstrip().endswith('{"n": 2}')


def test_ctrl_c_leaves_the_task_running_and_says_its_id(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan(LATER))
    code, written = on_terminal(engine.url, "run", route, "n=1", until=lambda text: "s0" in text)
    assert code == 130
    task = engine.client.get("/tasks", params={"route": route}).json()["tasks"][0]["jobId"]
    assert f"Task {task} goes on" in written
    assert ended(engine, task)["status"] == "finished"


def test_watching_everything(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    started: list[str] = []

    def seen(text: str) -> bool:
        if not started and "until Ctrl-C" in text:
            started.append(aim(engine.url, "run", route, "n=1", "--json").json["jobId"])
        return bool(started) and any(started[0] in line and "task finished" in line for line in text.splitlines())

    code, written = on_terminal(engine.url, "watch", until=seen)
    assert code == 130
    assert "Traceback" not in written
