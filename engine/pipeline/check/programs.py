"""The code of a definition: its faults, and which nodes it may change."""

import re
from collections.abc import Iterator
from typing import Any

from engine.errors import Fault
from engine.pipeline.check.levels import Level, Levels, Place, collecting
from engine.pipeline.check.sides import SIDES
from engine.pipeline.code import CodeFault, CodeFaults, Kind, Program, compile_code
from engine.pipeline.names import quoted
from engine.pipeline.nodes import MAX_CODE

MAX_LENGTH = 300_000
"""Characters of code in a definition: about a second of work for the check."""

MAX_FAULTY = 30

_NAME = re.compile(r"\w+")


class Programs:
    """All code of a definition, compiled. `faults` say what does not compile, with line and column.

    Beyond 300,000 characters, and after 30 texts with faults, no more code is looked at, which is a fault too.
    """

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._everything = False
        self._changed: set[tuple[int, int]] = set()
        self._length = 0
        self._faulty = 0
        self.faults: list[Fault] = []
        for level in levels.all:
            ids = frozenset(levels.names(level))
            for position, node in level.objects():
                for place, kind, text in _code_of(level.kinds[position], node):
                    if problem := self._too_much(text):
                        self._everything = True
                        self.faults.append(Fault(level.at(position, *place), problem))
                        return
                    self._compile(level, position, place, kind, text, ids)

    def _too_much(self, text: str) -> str | None:
        self._length += len(text)
        if self._length > MAX_LENGTH:
            return (
                f"with this the code of the pipeline is more than {MAX_LENGTH:,} characters long, which is the limit; "
                "shorten it, or make a pipeline of its own of a part of it"
            )
        if self._faulty >= MAX_FAULTY:
            return "this code, and what comes after it, was not looked at yet; mend the other code first"
        return None

    def may_change(self, level: Level, position: int) -> bool:
        """Whether code may change the `out` of a node."""
        return self._everything or (id(level), position) in self._changed

    def _compile(self, level: Level, position: int, place: Place, kind: Kind, text: str, ids: frozenset[str]) -> None:
        try:
            program = compile_code(text, kind, ids)
        except CodeFaults as error:
            self._everything = True
            self._faulty += 1
            for fault in error.faults:
                message = self._hidden(level, text, fault) or fault.message
                where = f"line {fault.line}, column {fault.column}"
                pointer = level.at(position, *place)
                self.faults.append(Fault(pointer, f"{where}: {message}", fault.line, fault.column))
            return
        for name in self._without_item(level, program):
            message = f"{name} is in no body of a loop, so it has no `_loop`, which is the item that a body runs for"
            self.faults.append(Fault(level.at(position, *place), message))
        if kind == "statements":
            self._note_changes(level, position, program)

    def _hidden(self, level: Level, text: str, fault: CodeFault) -> str | None:
        """A better sentence where the name that a fault points to is that of a node in the body of a loop."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        name = _NAME.match(lines[fault.line - 1], fault.column - 1) if 0 < fault.line <= len(lines) else None
        hidden = self._levels.hidden(level, name[0]) if name else None
        return f"{hidden[0]}; {collecting(hidden[1])}" if hidden else None

    def _without_item(self, level: Level, program: Program) -> Iterator[str]:
        """The nodes, as sentences name them, whose item the code reads although they have none."""
        for name, fields in program.uses.items():
            found = (level, [0]) if name == "node" else self._levels.visible(level, name)
            if fields is not None and "_loop" in fields and found is not None and found[0] is self._levels.top:
                yield "this node" if name == "node" else quoted(name)

    def _note_changes(self, level: Level, position: int, program: Program) -> None:
        self._everything = self._everything or program.every
        for name, fields in program.uses.items():
            if fields is not None and "out" not in fields:
                continue
            found = (level, [position]) if name == "node" else self._levels.visible(level, name)
            if found is not None:
                self._changed.update((id(found[0]), one) for one in found[1])


def _code_of(kind: str | None, node: dict[str, Any]) -> Iterator[tuple[Place, Kind, str]]:
    """The code of a node that can be read, and where it stands."""
    texts: list[tuple[Place, Kind, Any]] = [(("before",), "statements", node.get("before"))]
    texts.append((("after",), "statements", node.get("after")))
    if kind != "entry":
        texts.append((("ready",), "expression", node.get("ready")))
    if kind == "branch":
        texts.append((("if",), "expression", node.get("if")))
        for side in SIDES:
            value = node.get(side)
            place: Place = (side, "exec") if isinstance(value, dict) else (side,)
            texts.append((place, "statements", value.get("exec") if isinstance(value, dict) else value))
    return ((place, what, text) for place, what, text in texts if isinstance(text, str) and 0 < len(text) <= MAX_CODE)
