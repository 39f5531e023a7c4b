"""Tables of figures that have no floor: costs by kind of task, and what was predicted beside what was measured."""

from __future__ import annotations

import statistics

from benchmarks.rows import Row


def groups(rows: list[Row]) -> list[list[Row]]:
    """The rows of each work, in order."""
    return [[row for row in rows if row.work == work] for work in dict.fromkeys(row.work for row in rows)]


def columns(rows: list[Row]) -> str:
    """A line for each name, a column for each `column`; notes below."""
    names = list(dict.fromkeys((row.name, row.unit) for row in rows))
    heads = list(dict.fromkeys(row.column for row in rows))
    found = {(row.name, row.column): row for row in rows}
    lines = [f"| {rows[0].work} | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    for name, unit in names:
        cells = [found.get((name, head)) for head in heads]
        texts = ["-" if row is None else spread(row.values) for row in cells]
        lines.append(f"| {name}{f', {unit}' if unit else ''} | {' | '.join(texts)} |")
    notes = [f"- {row.name}, {row.column}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, "", *notes]) + "\n"


def predictions(rows: list[Row]) -> str:
    """What was measured, what was predicted, and how far off that was."""
    lines = ["| what | measured | predicted | error | beside it |", "|---|--:|--:|--:|---|"]
    for row in rows:
        assert row.predicted is not None
        error = row.predicted / statistics.median(row.values) - 1
        texts = (f"{spread(row.values)} {row.unit}", f"{short(row.predicted)} {row.unit}", f"{error:+.0%}", row.note)
        lines.append(f"| {row.name} | {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


def spread(values: list[float]) -> str:
    """The median, and the least and greatest in brackets."""
    if len(values) == 1:
        return short(values[0])
    return f"{short(statistics.median(values))} ({short(min(values))} to {short(max(values))})"


def short(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
