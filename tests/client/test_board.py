"""What is shown of a task, from its events."""

from io import StringIO

import pytest
from rich.console import Console

from engine.client.cli.board import Board, duration
from engine.client.cli.pretty import pretty
from engine.client.shapes import Event, Status

AT = "2026-01-01T00:00:0{}.000000Z"


def shown(board: Board, width: int = 100, height: int = 30) -> list[str]:
    """The lines that a terminal of this size shows."""
    console = Console(file=StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(board)
    return [line.rstrip() for line in captured.get().splitlines()]


def node(name: str, state: str, second: int = 0, detail: str | None = None) -> Event:
    """A change of a node."""
    return Event("1", "node", "t", name, state, at=AT.format(second), detail=detail)


def item(index: int, state: str, loop: str = "loop") -> Event:
    """A change of an item."""
    return Event("1", "item", "t", loop, state, item=index, at=AT.format(2))


def status(*nodes: str) -> Status:
    """A status in which nothing has happened."""
    return {"status": "running", "route": "r", "nodes": {name: {"state": "pending"} for name in nodes}}


def test_a_long_word_of_a_node_does_not_hide_the_nodes() -> None:
    board = Board("t", status("entry", "a-node-with-a-name", "end"))
    for event in (node("entry", "running"), node("entry", "finished", 1)):
        board.feed(event)
    board.feed(node("a-node-with-a-name", "running", 1, "word \x1b[31m" * 60))
    lines = shown(board, width=70)
    assert lines[1].split() == ["✔", "entry", "1.0", "s"]
    assert "a-node-with-a-name" in lines[2] and lines[2].endswith("…") and len(lines[2]) <= 70
    assert "\x1b[31m" not in "".join(lines)


def test_items_are_counted_and_a_new_turn_begins_anew() -> None:
    board = Board("t", status("loop"))
    board.feed(node("loop", "running", 1))
    board.count({"status": "running", "nodes": {"loop": {"state": "running", "items": {"total": 10, "done": 2}}}})
    for index in range(4):
        board.feed(item(index, "running"))
        board.feed(item(index, "finished"))
        board.feed(Event("1", "node", "t", f"body{index}", "finished", item=index, at=AT.format(2)))
    board.feed(item(9, "finished", loop="inner7"))
    assert "4/10 items" in shown(board)[1]
    assert len(shown(board)) == 2
    board.feed(node("loop", "finished", 3))
    assert "10/10 items" in shown(board)[1] and "2.0 s" in shown(board)[1]
    board.feed(node("loop", "pending", 4))
    assert "items" not in shown(board)[1]


def test_many_nodes_leave_room_for_those_that_matter() -> None:
    names = [f"n{number}" for number in range(100)]
    board = Board("t", status(*names))
    for name in names[:50]:
        board.feed(node(name, "running"))
        board.feed(node(name, "finished", 1))
    board.feed(node("n77", "running", 2))
    board.feed(node("n88", "error", 2, "broken"))
    lines = shown(board, height=14)
    assert len(lines) <= 13
    assert any("n77" in line for line in lines) and any("broken" in line for line in lines)
    assert "51 of 100 have ended" in lines[-1]


def test_the_head_tells_how_it_ended() -> None:
    board = Board("t", status("a"))
    board.feed(Event("1", "task", "t", None, "running", at=AT.format(1)))
    board.feed(Event("2", "task", "t", None, "error", at=AT.format(4), detail="why"))
    assert shown(board)[0].split() == ["r", "task", "t", "3.0", "s"]
    assert (board.state, board.message) == ("error", "why")


@pytest.mark.parametrize(("seconds", "text"), [(0.0123, "12 ms"), (3.21, "3.2 s"), (245, "4:05"), (7_200, "2:00:00")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_json_for_people() -> None:
    boxes = [[number, number] for number in range(30)]
    assert pretty({"faces": [[1, 2]], "n": "ü"}) == '{"faces": [[1, 2]], "n": "ü"}'
    lines = pretty({"boxes": boxes, "empty": []}).splitlines()
    assert lines[:3] == ["{", '  "boxes": [', "    [0, 0],"]
    assert lines[-2:] == ['  "empty": []', "}"]
