"""Following one task to its end, and telling what became of it."""

import asyncio
import json
import time
from contextlib import aclosing, nullcontext
from pathlib import Path
from typing import Any

from rich.live import Live

from engine.client.aio import AsyncClient
from engine.client.cli.board import Board, duration, line
from engine.client.cli.session import DONE, FAILED, RUNNING, Session
from engine.client.files import names_of, with_paths
from engine.client.shapes import Json, Status

_COUNT_EVERY = 1.0
_LONGEST_INPUT = 300
_MOST_NODES = 3


async def follow(
    session: Session, client: AsyncClient, task: str, out: Path | None = None, wait: float | None = None
) -> int:
    """Show a task until it ends, then its result or why it failed, and save its binaries; the exit code.

    Not longer than `wait` seconds.
    """
    session.tasks[task] = None
    status = await client.status(task)
    board = Board(task, status)
    try:
        async with asyncio.timeout(wait):
            await _watch(session, client, board)
    except TimeoutError:
        session.say(("still running: ", "yellow"), f"`aim watch {task}` follows it")
        if session.as_json:
            session.show({"jobId": task, "status": "running"})
        return RUNNING
    session.tasks.pop(task, None)
    status = await client.status(task)
    if status["status"] == "error":
        await _tell_failure(session, client, task, status)
        return FAILED
    result = await client.result(task)
    paths = await client.save(task, out, result) if out is not None else {}
    _tell_result(session, board, result, paths)
    return DONE


async def _watch(session: Session, client: AsyncClient, board: Board) -> None:
    live = session.err.is_terminal and not session.as_json
    counted = 0.0
    # A resized or short terminal must not leave torn frames behind.
    with Live(board, console=session.err, refresh_per_second=10, vertical_overflow="crop") if live else nullcontext():
        async with aclosing(client.events(board.task)) as events:
            async for event in events:
                board.feed(event)
                if not live and (event.item is None or event.state == "error"):
                    session.say(*line(event))
                if event.name == "item" and time.monotonic() - counted > _COUNT_EVERY:
                    board.count(await client.status(board.task))
                    counted = time.monotonic()
                    if not live:
                        _say_items(session, board)


def _say_items(session: Session, board: Board) -> None:
    for node, row in board.rows.items():
        if row.state == "running" and row.total is not None:
            session.say(f"              {node}: {row.done} of {row.total} items")


def _tell_result(session: Session, board: Board, result: Any, paths: dict[str, Path]) -> None:
    if session.as_json:
        files = {name: str(path) for name, path in paths.items()}
        session.show({"jobId": board.task, "status": "finished", "result": result, "files": files})
        return
    for path in paths.values():
        session.say(("✔ ", "green"), (str(path), "bold"), (f"  {size(path.stat().st_size)}", "dim"))
    session.show(with_paths(result, board.task, {name: str(path) for name, path in paths.items()}))
    if not paths and (names := names_of(result, board.task)):
        session.say((f"`--out FOLDER` saves {', '.join(names)}", "dim"))


async def _tell_failure(session: Session, client: AsyncClient, task: str, status: Status) -> None:
    message = status.get("message", "")
    if session.as_json:
        session.show({"jobId": task, "status": "error", "message": message})
        return
    session.say(("✘ ", "red"), (status.get("route", "task"), "bold red"), " failed")
    raw = await client.raw(task)
    failed = {node: run for node, run in raw.get("nodes", {}).items() if run.get("state") == "error"}
    # A loop fails because a node of its body has: that one tells more.
    told = {node: run for node, run in failed.items() if run.get("type") != "loop"} or failed
    if not told:
        session.say(f"  {message}")
    for node, run in list(told.items())[:_MOST_NODES]:
        _tell_node(session, node, run)
    if len(told) > _MOST_NODES:
        session.say(f"  and {len(told) - _MOST_NODES} more nodes")
    session.say((f"  `aim raw {task}` shows everything, `aim retry {task}` goes on after a fix", "dim"))


def _tell_node(session: Session, node: str, run: Json) -> None:
    index = run.get("index")
    item = f"  item {index}: {_brief(run.get('_loop'))}" if index is not None else ""
    session.say(("  node   ", "dim"), (node, "bold"), item)
    session.say(("  error  ", "dim"), (str(run.get("error") or ""), "red"))
    session.say(("  input  ", "dim"), _brief(run.get("input")))
    for number, attempt in enumerate(run.get("attempts") or [], 1):
        seconds, url, reason = attempt.get("seconds"), attempt.get("url") or "not sent", attempt.get("error") or ""
        took = f"  after {duration(seconds)}" if seconds is not None else ""
        told = reason if url in reason else f"{url}  {reason}"
        session.say((f"  call {number} ", "dim"), told, (took, "dim"))


def _brief(value: Any) -> str:
    """A value on one line, binaries by what is known of them."""
    text = json.dumps(_without_ids(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST_INPUT else f"{text[:_LONGEST_INPUT]} …"


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"binary", "name", "type", "size"}:
            return f"<{value['name']}, {value['type']}, {size(value['size'])}>"
        return {key: _without_ids(item) for key, item in value.items()}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def size(count: int) -> str:
    """A number of bytes as people say it: `4.2 kB`."""
    number, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1_000:
            break
        number, unit = number / 1_000, larger
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
