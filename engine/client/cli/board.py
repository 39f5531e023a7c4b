"""What is known of a running task, put together from its events; and how it looks."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from engine.client.cli.session import clean
from engine.client.shapes import Event, Status

STYLES = {"pending": "dim", "running": "yellow", "finished": "green", "error": "red", "cancelled": "red"}
MARKS = {"pending": "·", "finished": "✔", "error": "✘", "cancelled": "✘"}
_OVER = frozenset({"finished", "error", "cancelled", "skipped"})
# Lines of the terminal that are not for nodes.
_OTHER_LINES = 4
_WIDEST_NAME = 32


@dataclass
class Row:
    """One node. Times are seconds since 1970 by the engine's clock; `total` items of a loop are known from a status."""

    state: str = "pending"
    started: float | None = None
    ended: float | None = None
    detail: str = ""
    total: int | None = None
    counted: int = 0
    items: set[int] = field(default_factory=set)

    @property
    def done(self) -> int:
        """How many items have ended, as far as is known here."""
        return max(self.counted, len(self.items))


class Board:
    """The nodes of a task in the order of its definition; those of loops' bodies are counted by items."""

    def __init__(self, task: str, status: Status | None = None) -> None:
        self.task = task
        self.route = status.get("route", "") if status is not None else ""
        self.state = "running"
        self.message = ""
        self.rows: dict[str, Row] = {}
        self._started: float | None = None
        self._ended: float | None = None
        # How much later events arrive here than the engine's clock says: the clocks of two machines differ.
        self._lag: float | None = None
        self._spinner = Spinner("dots", style="yellow")
        if status is not None:
            self.count(status)

    def count(self, status: Status) -> None:
        """Take the nodes, and how far loops are, from a status."""
        for node, told in status.get("nodes", {}).items():
            row = self.rows.setdefault(node, Row())
            items = told.get("items")
            if items is not None:
                row.total, row.counted = items["total"], items["done"]

    def feed(self, event: Event) -> None:
        """Take a change."""
        at = _seconds(event.at)
        arrived = time.time() - at
        self._lag = arrived if self._lag is None else min(self._lag, arrived)
        self.route = event.route or self.route
        if event.name == "task":
            self.state, self.message = event.state, event.detail or ""
            self._started = self._started or at
            self._ended = at if event.state != "running" else None
        elif event.item is None and event.node is not None:
            self._change(self.rows.setdefault(event.node, Row()), event, at)
        elif event.name == "item" and event.item is not None and event.node in self.rows:
            items = self.rows[event.node].items
            (items.add if event.state in _OVER else items.discard)(event.item)

    def _change(self, row: Row, event: Event, at: float) -> None:
        begins = event.state == "pending" or (event.state == "running" and row.state != "running")
        if begins:
            row.started, row.ended, row.total, row.counted, row.items = at, None, None, 0, set()
        if event.state in _OVER:
            row.ended = at
        if event.state == "finished" and row.total is not None:
            row.counted = row.total
        row.state, row.detail = event.state, event.detail or ""

    def seconds(self) -> float:
        """How long the task has taken so far."""
        return 0.0 if self._started is None else max((self._ended or self._now()) - self._started, 0.0)

    def _now(self) -> float:
        return time.time() - (self._lag or 0.0)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = self._shown(max(console.size.height - _OTHER_LINES, 5))
        table = Table.grid(padding=(0, 1))
        widths = [2, min(max((len(node) for node, _ in shown), default=0), _WIDEST_NAME), 8]
        # A long last cell would take the room of the others.
        widths.append(max(options.max_width - sum(widths) - len(widths), 10))
        for index, width in enumerate(widths):
            table.add_column(width=width, justify="left" if index % 2 else "right", no_wrap=True, overflow="ellipsis")
        for node, row in shown:
            table.add_row(self._mark(row), node, self._duration(row), self._state(row))
        hidden = len(self.rows) - len(shown)
        parts: list[Table | Text] = [self._head(), table]
        if hidden:
            done = sum(1 for row in self.rows.values() if row.state in _OVER)
            parts.append(Text(f"   … {hidden} more nodes; {done} of {len(self.rows)} have ended", "dim"))
        yield Group(*parts)

    def _shown(self, room: int) -> list[tuple[str, Row]]:
        """All nodes if there is room; else those where something happens, then those that ended last."""
        if len(self.rows) <= room:
            return list(self.rows.items())
        order = {"error": 0, "running": 1}
        chosen = sorted(self.rows.items(), key=lambda each: (order.get(each[1].state, 2), -(each[1].ended or 0)))
        kept = {node for node, _ in chosen[:room]}
        return [(node, row) for node, row in self.rows.items() if node in kept]

    def _head(self) -> Text:
        style = {"finished": "bold green", "error": "bold red"}.get(self.state, "bold")
        return Text.assemble((self.route, style), "  ", (f"task {self.task}", "dim"), f"  {duration(self.seconds())}")

    def _mark(self, row: Row) -> Spinner | Text:
        if row.state == "running" and self.state == "running":
            return self._spinner
        return Text(MARKS.get(row.state, "-"), STYLES.get(row.state, "dim"))

    def _duration(self, row: Row) -> Text:
        if row.started is None or row.state in ("pending", "skipped"):
            return Text()
        return Text(duration(max((row.ended or self._now()) - row.started, 0.0)), "dim")

    def _state(self, row: Row) -> Table | Text:
        words = clean(" ".join((row.detail or ("" if row.state == "finished" else row.state)).split()))
        told = Text(words, STYLES.get(row.state, "dim"), no_wrap=True, overflow="ellipsis")
        if row.total is None and not row.items:
            return told
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(row.total, row.done, width=24), f"{row.done}/{row.total or '?'} items", told)
        return bar


def duration(seconds: float) -> str:
    """A duration as people say it: `12 ms`, `3.2 s`, `4:05`, `2:00:00`."""
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def line(event: Event, with_task: bool = False) -> Iterable[str | tuple[str, str]]:
    """One change as the parts of a line."""
    who = event.node or "task"
    if event.item is not None:
        who += f"[{event.item}]"
    yield (f"{_clock(event.at)}  ", "dim")
    if with_task:
        yield (f"{event.task}  ", "dim")
        yield f"{event.route}  "
    yield who + " "
    yield (event.state, STYLES.get(event.state, "dim"))
    if event.detail:
        yield f": {' '.join(event.detail.split())}"


def _seconds(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return time.time()


def when(at: str) -> str:
    """A time in RFC 3339 as local date and time."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _clock(at: str) -> str:
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S.%f")[:-3]
    except ValueError:
        return "--:--:--"
