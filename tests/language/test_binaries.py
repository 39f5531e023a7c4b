"""Binaries through loops, branches and code: the right bytes in the right place, byte for byte."""

from typing import Any

import httpx

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine, wait_for
from tests.e2e.scripts import Json, raw, result, submit
from tests.language.conftest import LOOPBACK
from tests.language.toys import Book, branch, end, loop, plain, post, run

CONTENT = bytes(range(256)) * 40
BOXES = [[0, 10], [5, 300], [1000, 10_240], [7, 7]]


def upload(boxes: list[list[int]]) -> dict[str, Any]:
    """A form with a picture and boxes."""
    areas = ("areas", (None, str({"boxes": boxes}).replace("'", '"').encode(), "application/json"))
    return {"image": ("a.bin", CONTENT, "application/octet-stream"), areas[0]: areas[1]}


def cropping(book: Book, **fields: Any) -> Json:
    """A loop that cuts a part of the picture out for each box."""
    crop = book.node("crop", "crop", "loopEnd", input={"image": "entry.out.image"})
    crop["before"] = "input['areas'] = [node._loop]"
    return loop("each", "entry.out.boxes", [crop], "end", collect={"part": "crop.out.result"}, **fields)


def test_a_binary_for_each_item(system: Engine, book: Book) -> None:
    route = post(system, ["image", "areas"], cropping(book), end())
    job = submit(system, route, files=upload(BOXES[:3]))
    told = result(system, job)
    assert list(told) == ["part0", "part1", "part2"]
    for index, (start, stop) in enumerate(BOXES[:3]):
        answer = httpx.get(told[f"part{index}"])
        assert answer.status_code == 200 and answer.content == CONTENT[start:stop]
        assert told[f"part{index}"] == f"{system.url}/tasks/{job}/files/part{index}"
    assert httpx.get(told["part2"], headers={"Range": "bytes=3-5"}).content == CONTENT[1003:1006]
    assert book.count() == 3


def test_the_table_of_binaries_names_all_instances(system: Engine, book: Book) -> None:
    job = submit(system, post(system, ["image", "areas"], cropping(book), end()), files=upload(BOXES[:2]))
    result(system, job)
    table = raw(system, job)["binaries"]
    crops = {name: ref for name, ref in table.items() if name.startswith("crop")}
    assert len(crops) == 2 and all(name.endswith(".out.result") for name in crops)
    assert {"entry.out.image", "each.out.part0", "each.out.part1", "end.out.part0", "end.out.part1"} <= set(table)
    assert set(crops.values()) == {table["end.out.part0"], table["end.out.part1"]}
    assert str(system.data) not in str(table)


def test_binaries_of_loops_go_with_their_task(make_engine: MakeEngine, book: Book) -> None:
    """What bodies and sub-pipelines have made is removed with the task, the rows of children too."""
    engine = make_engine(APP_LIFESPAN="1", APP_CRON="0.3", **LOOPBACK)
    crop = book.node("crop", "crop", "end", input={"image": "entry.out.image", "areas": "entry.out.areas"})
    inner = post(engine, ["image", "areas"], crop, end())
    call: Json = {"id": "call", "type": "service", "service": inner, "next": ["loopEnd"]}
    call |= {"input": {"image": "entry.out.image"}, "before": "input['areas'] = [node._loop]"}
    each = loop("each", "entry.out.boxes", [call], "end", collect={"part": "call.out.result"})
    job = submit(engine, post(engine, ["image", "areas"], each, end()), files=upload(BOXES[:3]))
    told = result(engine, job)
    assert httpx.get(told["part1"]).content == CONTENT[5:300]
    children = list(raw(engine, job)["tasks"])
    wait_for(lambda: engine.client.get(f"/tasks/{job}/status").status_code == 404, "the task is removed")
    wait_for(lambda: not engine.files(), "its files are removed")
    for child in children:
        wait_for(lambda: engine.client.get(f"/tasks/{child}/status").status_code == 404, "its children are removed")


def test_several_binaries_are_items_of_a_loop(system: Engine, book: Book) -> None:
    """A service gives several; code makes a list of them; each item is a binary that goes to a service."""
    several = book.node("several", "makeseveral", "each", after="node.out = {'files': list(node.out.values())}")
    turn = book.node("turn", "reverse", "size", input={"file": "node._loop"})
    size = book.node("size", "measure", "loopEnd", input={"file": "loop.turn.out.result"})
    collect = {"size": "size.out.n", "file": "turn.out.result", "same": "turn._loop"}
    each = loop("each", "several.out.files", [turn, size], "end", collect=collect)
    told = run(system, post(system, {"n": 1}, several, each, end()), {"n": 4})
    assert [told[f"size{index}"] for index in range(4)] == [1, 2, 3, 4]
    for index in range(4):
        assert httpx.get(told[f"file{index}"]).content == bytes([index]) * (index + 1)
        assert httpx.get(told[f"same{index}"]).content == bytes([index]) * (index + 1)


def test_binaries_of_nested_loops(system: Engine, book: Book) -> None:
    inner = loop("cells", "node._loop", [book.node("make", "make", "loopEnd", input={"n": "node._loop"})], "loopEnd")
    inner["collect"] = {"f": "make.out.result"}
    each = loop("rows", "entry.out.l", [inner], "end", collect={"row": "cells.out"})
    told = run(system, post(system, {"l": []}, each, end()), {"l": [[5, 6], [], [7]]})
    assert told["row1"] == {}
    found = [[httpx.get(url).content for url in row.values()] for row in told.values()]
    assert found == [[b"\5" * 5, b"\6" * 6], [], [b"\7" * 7]]


def test_a_branch_picks_between_binaries(system: Engine, book: Book) -> None:
    """As `convert only if needed`: either way the same name leads on."""
    fork = branch(
        "fork", "input.turn", {"next": ["turn"], "out": {}}, {"next": ["size"], "out": {"result": "entry.out.file"}}
    )
    turn = book.node("turn", "reverse", "size", input={"file": "entry.out.file"})
    size = book.node("size", "measure", "end")
    route = post(system, ["file", "how"], fork, turn, size, end(input={"n": "size.out.n", "f": "size.input.result"}))
    for how, wanted in (("true", CONTENT[::-1]), ("false", CONTENT)):
        form = {
            "file": ("a", CONTENT, "application/x"),
            "how": (None, f'{{"turn": {how}}}'.encode(), "application/json"),
        }
        told = run(system, route, files=form)
        assert told["n"] == len(CONTENT) and httpx.get(told["f"]).content == wanted
    assert book.count("reverse") == 1


def test_a_binary_survives_ways_back(system: Engine, book: Book) -> None:
    """Turned round three times: what a turn gives is what the next one takes."""
    start = plain("start", "turn", before="pipeline.now = pipeline.get('now', entry.out.file)")
    turn = book.node("turn", "reverse", "back", input={"file": "pipeline.now"})
    code = "pipeline.now = turn.out.result\npipeline.turns = pipeline.get('turns', 0) + 1"
    back = branch("back", "pipeline.turns < 3", {"next": ["start"]}, {"next": ["end"]}, before=code)
    told = run(
        system, post(system, "file", start, turn, back, end(input={"f": "pipeline.now"})), files={"file": CONTENT}
    )
    assert httpx.get(told["f"]).content == CONTENT[::-1]
    assert book.count() == 3


def test_values_and_binaries_of_one_answer(system: Engine, book: Book) -> None:
    echo = book.node("echo", "echo", "end", input={"file": "entry.out.file", "n": "entry.out.n"})
    route = post(system, ["file", "n"], echo, end(input={"f.bin": "echo.out.file", "n": "echo.out.n"}))
    told = run(system, route, files={"file": ("a", CONTENT), "n": (None, b'{"n": 5}', "application/json")})
    assert told["n"] == 5 and httpx.get(told["f.bin"]).content == CONTENT


def test_names_of_files(system: Engine) -> None:
    """Whatever names code and inputs give them, each binary of a result has a URL of its own, and it leads to it."""
    code = "node.out = {'o': {'b': input.g}, 'l': [input.g, {'.': input.f}]}\n"
    code += "for key in ['../x', 'a/b.jpg', 'ü ?#%.jpg', '', '.', '..', 'a\\\\b', 'x\\r\\ny', 'x__y', '_', 'l.0']:\n"
    code += "    node.out[key] = input.f\n    node.out['2' + key] = input.g"
    files = {"f": ("one.bin", b"one"), "g": ("two.bin", b"two")}
    last = end(input={"o.b": "entry.out.f", "o": "a.out.o", "all": "a.out"})
    told = run(system, post(system, ["f", "g"], plain("a", "end", after=code), last), files=files)
    assert httpx.get(told["o.b"]).content == b"one"
    assert httpx.get(told["o"]["b"]).content == httpx.get(told["all"]["o"]["b"]).content == b"two"
    assert [httpx.get(url).content for url in (told["all"]["l"][0], told["all"]["l"][1]["."])] == [b"two", b"one"]
    rest = {key: url for key, url in told["all"].items() if isinstance(url, str)}
    assert len(rest) == 22 == len(set(rest.values()))
    for key, url in rest.items():
        assert httpx.get(url).content == (b"two" if key.startswith("2") else b"one"), key
