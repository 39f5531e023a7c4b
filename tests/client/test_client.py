"""`Client` against a real engine and a real service: every method once, and what it raises."""

import io
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aiservice.testing import free_port
from engine.client import AimError, Client, Policy, StillRunning, TaskFailed, Unreachable, Upload, WrongInput
from tests.client.conftest import QUICK
from tests.conftest import MakeEngine
from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Scripted, entry, fresh_route, open_chain, pipeline, service_node

END = {"id": "end", "type": "end"}


def test_definitions_are_pushed_read_replaced_and_deleted(client: Client) -> None:
    route = fresh_route()
    definition = pipeline(entry(route, {"n": 1}, "end"), END)
    assert client.push(definition)["state"]["version"] == 1
    assert client.push(definition)["state"]["version"] == 1
    assert client.service(route)["nodes"] == definition["nodes"]
    assert route in [each["state"]["route"] for each in client.services()]
    other = pipeline(entry(route, {"m": 1}, "end"), END)
    with pytest.raises(AimError) as taken:
        client.push(other)
    assert taken.value.status == 409
    assert client.push(other, replace=True)["state"]["version"] == 2
    client.delete(route)
    with pytest.raises(AimError) as gone:
        client.service(route)
    assert (gone.value.status, gone.value.title) == (404, "Not found")
    assert route in gone.value.detail


def test_faults_of_a_definition_come_one_by_one(client: Client) -> None:
    with pytest.raises(AimError) as wrong:
        client.push(pipeline(entry(fresh_route(), "x", "nowhere"), END))
    assert wrong.value.status == 422
    assert "/nodes/0/next/0" in [fault.pointer for fault in wrong.value.faults]
    assert "  /nodes/0/next/0: " in str(wrong.value)


def test_json_goes_in_and_out(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    assert client.run(route, {"n": 7}) == {"n": 7}
    task = client.submit(route, {"n": 8})
    assert task.result() == {"n": 8}
    assert task.status()["status"] == "finished"
    assert list(task.status()["nodes"]) == ["entry", "s0", "end"]
    assert task.raw()["nodes"]["s0"]["out"] == {"n": 8}
    with pytest.raises(AimError) as wrong:
        client.submit(route, {"n": "eight"})
    assert [fault.pointer for fault in wrong.value.faults] == ["/n"]


def test_every_way_to_give_a_binary(client: Client, engine: Engine, service: Scripted, tmp_path: Path) -> None:
    fields = ["path", "raw", "file", "upload", "values", "number"]
    route = open_chain(engine, fields, service.plan())
    path = tmp_path / "a picture.png"
    path.write_bytes(PNG)
    file = io.BytesIO(PNG)
    file.seek(7)
    upload = Upload(PNG, "other.png", "image/png")
    values = {"areas": [[1, 2]], "text": "t"}
    inputs = {"path": path, "raw": PNG, "file": file, "upload": upload, "values": values, "number": 3}
    task = client.submit(route, inputs)
    result = task.result()
    assert {key: result[key] for key in ("areas", "text", "number")} == {"areas": [[1, 2]], "text": "t", "number": 3}
    paths = task.save(tmp_path / "out")
    assert sorted(each.name for each in paths.values()) == ["file.png", "path.png", "raw.png", "upload.png"]
    assert all(each.read_bytes() == PNG for each in paths.values())
    known = task.raw()["nodes"]["entry"]["out"]
    assert known["path"]["name"] == "a picture.png" and known["upload"]["name"] == "other.png"


def test_download_into_folders_and_files(client: Client, engine: Engine, service: Scripted, tmp_path: Path) -> None:
    route = open_chain(engine, "image", service.plan())
    task = client.submit(route, {"image": PNG})
    task.wait()
    assert task.download("image", tmp_path / "mine.dat") == tmp_path / "mine.dat"
    assert task.download("image", tmp_path) == tmp_path / "image.png"
    assert task.download("image", f"{tmp_path}/new/") == tmp_path / "new" / "image.png"
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert len(files) == 3 and all(each.read_bytes() == PNG for each in files)
    with pytest.raises(AimError) as gone:
        task.download("nothing", tmp_path)
    assert gone.value.status == 404
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 3


def test_a_failed_task_raises_and_is_retried(client: Client, engine: Engine, service: Scripted) -> None:
    plan = service.plan({"status": 400, "body": "not today"}, {"result": {"json": {"n": 2}}})
    route = open_chain(engine, {"n": 1}, plan)
    with pytest.raises(TaskFailed, match="not today") as failed:
        client.run(route, {"n": 1})
    with pytest.raises(TaskFailed, match="not today"):
        client.result(failed.value.task)
    task = client.retry(failed.value.task)
    assert task.id == failed.value.task
    assert task.result() == {"n": 2}
    states = [event.state for event in task.events() if event.name == "task"]
    assert states == ["running", "error", "running", "finished"]
    with pytest.raises(ValueError, match="from_"):
        client.retry(task, input={"n": 3})


def test_waiting_ends_in_time_and_the_task_goes_on(client: Client, engine: Engine, service: Scripted) -> None:
    plan = service.plan({"callbacks": [{"sleep": 2, "result": {"json": {"n": 1}}}]})
    route = open_chain(engine, {"n": 1}, plan)
    begin = time.monotonic()
    with pytest.raises(StillRunning) as still:
        client.run(route, {"n": 1}, wait=0.3)
    with pytest.raises(StillRunning):
        client.result(still.value.task, wait=0.2)
    with pytest.raises(StillRunning):
        client.result(still.value.task, wait=0)
    assert time.monotonic() - begin < 1.9
    assert client.wait(still.value.task)["status"] == "finished"
    assert len(plan.calls) == 1


def test_cancelling(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan({}))
    task = client.submit(route, {"n": 1})
    assert task.cancel()["status"] == "error"
    with pytest.raises(TaskFailed, match="cancelled"):
        task.result()
    done = client.submit(open_chain(engine, {"n": 1}, service.plan()), {"n": 1})
    done.wait()
    with pytest.raises(AimError) as ended:
        done.cancel()
    assert ended.value.status == 409


def test_the_same_key_is_the_same_task(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, "image", service.plan())
    first = client.submit(route, {"image": PNG}, key="k")
    assert client.submit(route, {"image": PNG}, key="k").id == first.id
    assert client.submit(route, {"image": PNG}).id != first.id
    with pytest.raises(AimError) as other:
        client.submit(route, {"image": PNG + b"x"}, key="k")
    assert other.value.status == 422


def test_tasks_come_page_by_page(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    ids = [client.submit(route, {"n": n}).id for n in range(5)]
    for task in ids:
        client.wait(task)
    page = client.page(route, limit=2)
    assert [row["jobId"] for row in page.tasks] == ids[:2:-1]
    assert page.next is not None
    assert [row["jobId"] for row in client.page(route, limit=2, cursor=page.next).tasks] == ids[2:0:-1]
    assert [row["jobId"] for row in client.tasks(route)] == ids[::-1]
    assert [row["jobId"] for row in client.tasks(route, "finished", 3)] == ids[:1:-1]
    assert list(client.tasks(route, "running")) == []
    assert client.stats()["services"][route] == 5


def test_a_route_that_changes_what_it_takes_is_asked_again(client: Client) -> None:
    route = fresh_route()
    client.push(pipeline(entry(route, {"n": 1}, "end"), END))
    assert client.run(route, {"n": 1}) == {"n": 1}
    client.push(pipeline(entry(route, ["image"], "end"), END), replace=True)
    assert client.run(route, {"image": PNG})["image"].endswith("/files/image")
    with pytest.raises(WrongInput):
        client.run(route, {"n": 1})


def test_events_of_all_tasks(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    first = client.submit(route, {"n": 1})
    first.wait()
    last = list(first.events())[-1]
    assert (last.name, last.state, last.node, last.task, last.route) == ("task", "finished", None, first.id, route)
    second = client.submit(route, {"n": 2})
    second.wait()
    found = []
    for event in client.events(after=last.id):
        found.append(event)
        if event.task == second.id and event.name == "task" and event.state == "finished":
            break
    assert first.id not in {event.task for event in found}
    nodes = [event.node for event in found if event.task == second.id and event.state == "finished"]
    assert nodes == ["entry", "s0", "end", None]


def test_after_an_event_only_later_ones_come(client: Client, engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    task = client.submit(route, {"n": 1})
    task.wait()
    events = list(task.events())
    for index, event in enumerate(events):
        assert list(task.events(after=event.id)) == events[index + 1 :]


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    with Client(f"http://127.0.0.1:{free_port()}", policy=Policy(first_retries=1, delay=0.01)) as client:
        with pytest.raises(Unreachable, match="cannot be reached") as away:
            client.stats()
        assert away.value.status == 0
        with pytest.raises(Unreachable):
            next(iter(client.events("x")))
    with pytest.raises(AimError, match="no address"):
        Client("localhost:8080")


def test_something_else_than_an_engine(service: Scripted) -> None:
    with Client(service.url, policy=QUICK) as client, pytest.raises(AimError) as other:
        client.services()
    assert other.value.status == 404


@pytest.mark.parametrize("end", [Engine.kill, Engine.stop], ids=["killed", "stopped in order"])
def test_the_client_outlives_a_restart_of_the_engine(
    make_engine: MakeEngine, service: Scripted, end: Callable[[Engine], object]
) -> None:
    engine = make_engine()
    plan = service.plan({"callbacks": [{"sleep": 1.5, "result": {"json": {"n": 5}}}]})
    route = open_chain(engine, {"n": 1}, plan)
    policy = Policy(retries=30, delay=0.05, longest=0.3)
    with Client(engine.url, policy=policy) as client:
        task = client.submit(route, {"n": 1})
        events = task.events()
        assert next(events).state == "running"
        plan.wait_calls(1)
        end(engine)
        engine.start()
        rest = list(events)
        assert rest[-1].state == "finished" and rest[-1].name == "task"
        assert len({(e.node, e.state, e.at) for e in rest}) == len(rest)
        assert task.result() == {"n": 5}


def test_a_closed_client_leaves_nothing_behind(engine: Engine, service: Scripted) -> None:
    route = open_chain(engine, {"n": 1}, service.plan())
    before = threading.active_count()
    client = Client(engine.url)
    events = client.submit(route, {"n": 1}).events()
    next(events)
    assert threading.active_count() == before + 1
    client.close()
    client.close()
    del events
    assert threading.active_count() == before


def test_a_service_node_is_not_asked_twice_for_one_run(client: Client, engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    node = service_node("only", plan.url)
    route = fresh_route()
    client.push(pipeline(entry(route, {"n": 1}, "only"), node, END))
    client.run(route, {"n": 1})
    assert len(plan.calls) == 1
