"""`aim run ROUTE --all PATTERN`: many tasks, as a process."""

import json
import re
from pathlib import Path

import pytest

from engine.client.cli.many import batch_of, folders
from engine.client.definitions import Body
from engine.client.errors import WrongInput
from tests.client.aim import aim, on_terminal
from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Scripted, entry, fresh_route, open_chain, open_route, status_of

END = {"id": "end", "type": "end"}
REFUSED = {"status": 400, "body": "no face"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a folder of five pictures."""
    (tmp_path / "photos").mkdir()
    for number in range(5):
        (tmp_path / "photos" / f"p{number}.png").write_bytes(PNG + bytes([number]))
    return tmp_path


def test_every_file_gets_its_folder(engine: Engine, service: Scripted, photos: Path) -> None:
    plan = service.plan()
    route = open_chain(engine, ["image", "areas"], plan)
    ran = aim(engine.url, "run", route, "--all", "photos/*.png", "areas=[[1]]", "--out", "out", folder=photos)
    assert ran.code == 0, ran.err
    assert "5 of 5 finished" in ran.err and ran.out == ""
    for number in range(5):
        folder = photos / "out" / f"p{number}"
        assert sorted(each.name for each in folder.iterdir()) == ["image.png", "result.json"]
        assert (folder / "image.png").read_bytes() == PNG + bytes([number])
        assert json.loads((folder / "result.json").read_text()) == {"image": "image.png", "areas": [[1]]}
    assert len(plan.calls) == 5


def test_failures_are_listed_at_the_end(engine: Engine, service: Scripted, photos: Path) -> None:
    plan = service.plan({"result": {"json": {"n": 1}}}, REFUSED, REFUSED, {"result": {"json": {"n": 1}}})
    route = open_chain(engine, "image", plan)
    arguments = ("run", route, "--all", "image=photos/*.png", "--parallel", "1")
    ran = aim(engine.url, *arguments, folder=photos)
    assert ran.code == 1
    end = ran.err[ran.err.index("3 of 5 finished") :]
    assert "2 failed:" in end and "photos/p1.png" in end and "photos/p2.png" in end and "photos/p3.png" not in end
    assert end.count("no face") == 2
    plan.steps(REFUSED)
    machine = aim(engine.url, *arguments, "--json", folder=photos)
    rows = [json.loads(line) for line in machine.lines]
    assert machine.code == 1
    assert [row["input"] for row in rows] == [f"photos/p{number}.png" for number in range(5)]
    assert {row["status"] for row in rows} == {"error"} and all("no face" in row["message"] for row in rows)


def test_so_many_at_once(engine: Engine, service: Scripted, photos: Path) -> None:
    plan = service.plan({"callbacks": [{"sleep": 0.3, "result": {"json": {"n": 1}}}], "capacity": 2})
    route = open_chain(engine, "image", plan)
    assert aim(engine.url, "run", route, "--all", "photos/*", "--parallel", "2", folder=photos).code == 0
    assert plan.refused == 0
    assert len(plan.calls) == 5


def test_files_of_json_are_whole_bodies(engine: Engine, service: Scripted, tmp_path: Path) -> None:
    route = open_route(engine, entry(fresh_route(), {"n": 1, "m": 1}, "end"), END)
    for number in range(3):
        (tmp_path / f"{number}.json").write_text(json.dumps({"n": number}))
    ran = aim(engine.url, "run", route, "m=9", "--all", "*.json", "--json", folder=tmp_path)
    results = [json.loads(line)["result"] for line in ran.lines]
    assert sorted(each["n"] for each in results) == [0, 1, 2] and {each["m"] for each in results} == {9}


def test_one_bar_on_a_terminal_and_ctrl_c(engine: Engine, service: Scripted, photos: Path) -> None:
    route = open_chain(engine, "image", service.plan())
    code, written = on_terminal(engine.url, "run", route, "--all", photos / "photos" / "*")
    assert code == 0 and "5/5" in written
    slow = open_chain(engine, "image", service.plan({}))

    def running(text: str) -> bool:
        return len(engine.client.get("/tasks", params={"route": slow}).json()["tasks"]) >= 4

    code, written = on_terminal(engine.url, "run", slow, "--all", photos / "photos" / "*", until=running)
    assert code == 130
    told = [word for word in written.split() if re.fullmatch("[0-9a-f]{40}", word)]
    assert len(told) >= 3
    assert {status_of(engine, task)["status"] for task in told} == {"running"}
    for row in engine.client.get("/tasks", params={"route": slow}).json()["tasks"]:
        engine.client.post(f"/tasks/{row['jobId']}/cancel")


def test_the_field_must_be_clear(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    pattern = f"{tmp_path}/*.jpg"
    form = Body(("image", "mask"), ["image", "mask"])
    with pytest.raises(WrongInput, match="--all 'image="):
        batch_of("r", form, pattern, {})
    assert batch_of("r", form, pattern, {"mask": 1}).field == "image"
    assert batch_of("r", form, f"mask={pattern}", {"image": 1}).field == "mask"
    with pytest.raises(WrongInput, match="no file fits"):
        batch_of("r", form, f"mask={tmp_path}/*.png", {"image": 1})


def test_files_of_one_name_do_not_share_a_folder() -> None:
    files = tuple(Path(name) for name in ("a/x.jpg", "b/x.png", "c/x.jpg", "a/y.jpg"))
    assert [each.name for each in folders(files, Path("o")).values()] == ["x.jpg", "x.png", "x.jpg-2", "y"]
