"""Shows a task while it runs, and what happened in it afterwards."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

ENDED = {"finished", "error"}
STYLES = {"pending": "dim", "running": "yellow", "finished": "green", "error": "red", "cancelled": "red"}


@dataclass(frozen=True)
class Change:
    """A node, or with `node` None the task itself, took on a state; `detail` says why, where that matters."""

    node: str | None
    state: str
    detail: str | None = None


async def changes(client: httpx.AsyncClient, task: str) -> AsyncIterator[Change]:
    """Yield the changes of a task from its beginning, as they come, to its end (Server-Sent Events)."""
    # No deadline between two events: a service may work for long without a word.
    timeout = httpx.Timeout(30.0, read=None)
    async with client.stream("GET", f"/tasks/{task}/events", timeout=timeout) as answer:
        answer.raise_for_status()
        data: list[str] = []
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                data.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and data:
                event = json.loads("\n".join(data))
                data.clear()
                change = Change(event.get("node"), event["state"], event.get("detail"))
                yield change
                if change.node is None and change.state in ENDED:
                    return


class Display:
    """The nodes of a task with their states: a live table on a terminal, one line per change elsewhere."""

    def __init__(self, console: Console, nodes: Sequence[str]) -> None:
        self._console = console
        self._states = dict.fromkeys(nodes, "pending")
        self._begin = time.monotonic()
        self._live = Live(self._table(), console=console, refresh_per_second=12) if console.is_terminal else None

    def __enter__(self) -> "Display":
        self._context: AbstractContextManager[Any] = self._live or nullcontext()
        self._context.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)

    def show(self, change: Change) -> None:
        """Show a change."""
        if change.node is not None:
            self._states[change.node] = change.state
        if self._live is not None:
            self._live.update(self._table())
        else:
            seconds = time.monotonic() - self._begin
            detail = f": {change.detail}" if change.detail else ""
            self._console.print(f"  {seconds:6.2f} s  {change.node or 'task'} {change.state}{detail}")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for node, state in self._states.items():
            mark = Spinner("dots") if state == "running" else {"finished": "✔", "pending": "·"}.get(state, "✘")
            table.add_row(" ", mark, node, f"[{STYLES.get(state, 'white')}]{state}")
        return table


def node_table(raw: Mapping[str, Any], nodes: Sequence[str]) -> Table:
    """Return what happened in which node, and how long it took, from `GET /tasks/{id}/raw`."""
    table = Table(title="What happened", title_justify="left")
    for heading in ("node", "state", "start", "duration", "attempts"):
        table.add_column(heading, justify="left" if heading in ("node", "state") else "right")
    for name in nodes:
        node = raw["nodes"][name]
        table.add_row(
            name,
            f"[{STYLES.get(node['state'], 'white')}]{node['state']}",
            _milliseconds(_seconds_between(raw["created"], node["started"])),
            _milliseconds(node["seconds"]),
            str(len(node["attempts"])) if node["type"] == "service" else "",
        )
    return table


def _seconds_between(first: str, second: str | None) -> float | None:
    """Return the seconds between two moments in ISO 8601."""
    return None if second is None else (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1_000:.1f} ms"
