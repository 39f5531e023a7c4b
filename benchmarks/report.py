"""The findings as a Markdown table, a chart and raw figures."""

import dataclasses
import os
import platform
import statistics
from pathlib import Path

import matplotlib
import orjson

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402  the backend is chosen first: there may be no display
from matplotlib.axes import Axes  # noqa: E402

from benchmarks import tables  # noqa: E402
from benchmarks.rows import Row  # noqa: E402

_TITLES = {
    "W1": "W1: one task, three calls; times the floor (less is better)",
    "W2": "W2: many tasks at once; share of the floor (more is better)",
    "W3": "W3: a loop with a call for each item; times the floor, or times fewer items (less is better)",
    "W4": "W4: 20 MB binaries, four at once; share of the floor (more is better)",
    "HOGS": "HOGS: p95 of tasks with code beside 15 hogs; times the same alone (less is better)",
    "W5": "W5: start to first result; seconds (less is better)",
}
_REACHED, _MISSED, _NO_GOAL = "#2b8a3e", "#c92a2a", "#868e96"


def document(rows: list[Row], repeats: int) -> str:
    """The report in Markdown."""
    plain = [row for row in rows if not row.column and row.predicted is None]
    return "\n".join(
        [
            _head(repeats),
            *([table(plain)] if plain else []),
            *(tables.columns(group) for group in tables.groups([row for row in rows if row.column])),
            *([tables.predictions(found)] if (found := [row for row in rows if row.predicted is not None]) else []),
        ]
    )


def _head(repeats: int) -> str:
    return (
        f"Medians of {repeats} interleaved repeats, least and greatest in brackets; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {os.getloadavg()[1]:.1f} over the last five minutes. "
        "Ratio: engine over floor of the same repeat.\n"
    )


def table(rows: list[Row]) -> str:
    """Rows beside their floors and goals."""
    lines = [
        "| work | what | floor | engine | ratio | goal | reached | beside it |",
        "|---|---|--:|--:|--:|--:|---|---|",
    ]
    for row in rows:
        floor = f"{tables.short(statistics.median(row.floors))} {row.unit}" if row.floors else "-"
        goal = row.goal.text(row.unit) if row.goal else "-"
        reached = "-" if row.goal is None else "yes" if row.goal.reached(row) else "**no**"
        value = f"{tables.spread(row.values)} {row.unit}".rstrip()
        ratio = tables.spread(row.ratios) if row.ratios else "-"
        lines.append(f"| {row.work} | {row.name} | {floor} | {value} | {ratio} | {goal} | {reached} | {row.note} |")
    return "\n".join(lines) + "\n"


def write(rows: list[Row], text: str, folder: Path) -> None:
    """Write report.md, results.json and chart.png."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(text)
    raw = [{**dataclasses.asdict(row), "ratios": row.ratios} for row in rows]
    (folder / "results.json").write_bytes(orjson.dumps(raw, option=orjson.OPT_INDENT_2))
    _chart(rows, folder / "chart.png")
    _predicted(rows, folder / "predicted.png")


def _chart(rows: list[Row], path: Path) -> None:
    drawn = {work: [row for row in rows if row.work == work and _is_drawn(row)] for work in _TITLES}
    works = [work for work, found in drawn.items() if found]
    heights = [len(drawn[work]) + 1.5 for work in works]
    size = (9.0, 0.42 * sum(heights) + 0.8)
    if not works:
        return
    figure, axes = pyplot.subplots(len(works), squeeze=False, figsize=size, height_ratios=heights)
    for work, place in zip(works, axes[:, 0], strict=True):
        place.set_title(_TITLES[work], loc="left", fontsize=10)
        _bars(place, drawn[work])
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _predicted(rows: list[Row], path: Path) -> None:
    """Throughput as measured, with its spread, and as predicted."""
    drawn = [(row, row.predicted) for row in rows if row.predicted is not None and row.unit == "tasks/s"]
    if not drawn:
        return
    figure, place = pyplot.subplots(figsize=(9.0, 0.5 * len(drawn) + 1.2))
    for position, (row, predicted) in enumerate(reversed(drawn)):
        middle = statistics.median(row.values)
        error = [[middle - min(row.values)], [max(row.values) - middle]]
        place.barh(
            position, middle, xerr=error, color=_NO_GOAL, height=0.6, error_kw={"ecolor": "#495057", "capsize": 2}
        )
        place.plot([predicted] * 2, [position - 0.4, position + 0.4], color=_MISSED, linewidth=3)
    place.set_yticks(range(len(drawn)), [row.name for row, _ in reversed(drawn)], fontsize=8)
    place.set_title("Tasks a second: measured (bar, with its spread) and predicted (red)", loc="left", fontsize=10)
    place.tick_params(axis="x", labelsize=8)
    place.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _is_drawn(row: Row) -> bool:
    return bool(row.floors) and (row.goal is not None or row.work == "W2")


def _bars(place: Axes, rows: list[Row]) -> None:
    """One bar a row with its spread, and a black mark at its goal."""
    for position, row in enumerate(reversed(rows)):
        of_value = row.goal is not None and row.goal.of == "value"
        found = row.values if of_value else row.ratios
        middle = statistics.median(found)
        colour = _NO_GOAL if row.goal is None else _REACHED if row.goal.reached(row) else _MISSED
        error = [[middle - min(found)], [max(found) - middle]]
        place.barh(position, middle, xerr=error, color=colour, height=0.6, error_kw={"ecolor": "#495057", "capsize": 2})
        if row.goal is not None:
            place.plot([row.goal.bound] * 2, [position - 0.4, position + 0.4], color="black", linewidth=2)
    place.set_yticks(range(len(rows)), [row.name for row in reversed(rows)], fontsize=8)
    place.tick_params(axis="x", labelsize=8)
    place.spines[["top", "right"]].set_visible(False)
