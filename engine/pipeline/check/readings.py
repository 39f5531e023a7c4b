"""Every place of a definition that holds a path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from engine.pipeline.check.levels import Level, Levels, Place
from engine.pipeline.check.sides import SIDES
from engine.pipeline.nodes import MAX_NAMED

MAX_PATH = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A path, and the node that reads it. A path of `collect` is read on the level of the body by `loopEnd`."""

    level: Level
    position: int
    pointer: str
    text: str
    kind: Literal["input", "items", "out", "collect"]

    @property
    def collects(self) -> bool:
        """Whether it is a path of `collect`."""
        return self.kind == "collect"


def readings(levels: Levels) -> Iterator[Reading]:
    """All paths that can be read; one that is no text, or too long, is a fault of its field."""
    for level in levels.all:
        for position, node in level.objects():
            kind = level.kinds[position]
            if kind != "entry":
                yield from _directive(level, position, ("input",), node.get("input"), "input")
            if kind == "branch":
                for side in SIDES:
                    value = node.get(side)
                    out = value.get("out") if isinstance(value, dict) else None
                    yield from _directive(level, position, (side, "out"), out, "out")
            if kind == "loop":
                yield from _of_loop(level, position, node)


def _of_loop(level: Level, position: int, node: dict[str, Any]) -> Iterator[Reading]:
    yield from _path(level, position, level.at(position, "items"), node.get("items"), "items")
    body = level.bodies.get(position)
    if body is not None:
        for reading in _directive(level, position, ("collect",), node.get("collect"), "collect"):
            yield Reading(body, body.loop_end, reading.pointer, reading.text, "collect")


def _directive(
    level: Level, position: int, place: Place, directive: Any, kind: Literal["input", "out", "collect"]
) -> Iterator[Reading]:
    if isinstance(directive, dict) and len(directive) <= MAX_NAMED:
        for name, text in directive.items():
            yield from _path(level, position, level.at(position, *place, name), text, kind)


def _path(
    level: Level, position: int, pointer: str, text: Any, kind: Literal["input", "items", "out", "collect"]
) -> Iterator[Reading]:
    if isinstance(text, str) and 0 < len(text) <= MAX_PATH:
        yield Reading(level, position, pointer, text, kind)
