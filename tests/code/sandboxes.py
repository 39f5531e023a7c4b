"""A sandbox in an event loop of its own, for tests that are plain functions; and the scopes that they run code in."""

import asyncio
import threading
from collections.abc import Coroutine
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

from engine.code.base import Ran
from engine.code.monty import MontySandbox
from engine.code.process import Limits
from engine.pipeline.code import Kind, Program, compile_code
from engine.task.task import BinaryRef

T = TypeVar("T")

IMG = BinaryRef("task/1", "face.png", "image/png", 1234)
OTHER = BinaryRef("task/2", "other.jpg", "image/jpeg", 99)

NODES: dict[str, dict[str, Any]] = {
    "A": {
        "id": "A",
        "type": "node",
        "params": {"step": 2},
        "input": {"imgMime": "image/png", "text": "a,b", "img": IMG},
        "out": {"areas": [[1, 2, 3, 4], [5, 6, 7, 8]], "n": 3, "name": "jane doe", "age": 31, "img": IMG},
        "finished": False,
        "_loop": {"box": [1, 2]},
    },
    "B": {"id": "B", "out": {"x": {"y": 7}, "list": [3, 1, 2], "items": 5}, "finished": True, "params": {}},
    "my-id": {"id": "my-id", "out": {"x": 1, "pic": OTHER}, "finished": True},
    "max": {"id": "max", "out": {"v": 4}, "finished": True},
}
PIPELINE = {"count": 1, "seen": []}
IDS = frozenset(NODES)


def scope(own: str = "A") -> dict[str, Any]:
    """A scope whose own node is `A`; a new one each time."""
    return {"self": own, "nodes": deepcopy(NODES), "pipeline": deepcopy(PIPELINE)}


def unchecked(source: str, kind: Kind = "statements") -> Program:
    """A program whose text the check has not seen, as if it were fooled: the sandbox is to hold by itself."""
    return replace(
        compile_code("1", kind, IDS), source=source, names=frozenset({"A", "B"}), modules=("json", "math", "re")
    )


class Running:
    """A sandbox, and the thread of the loop that it runs in."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.sandbox = MontySandbox(limits)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def run(self, text: str, own: str = "A") -> Ran:
        """Statements, checked and run in a new scope."""
        return self.do(self.sandbox.run(compile_code(text, "statements", IDS), scope(own)))

    def value(self, text: str) -> Any:
        """The value of an expression, checked and run in a new scope."""
        return self.do(self.sandbox.run(compile_code(text, "expression", IDS), scope())).value

    def unchecked(self, source: str) -> Ran:
        """Statements that the check has not seen."""
        return self.do(self.sandbox.run(unchecked(source), scope()))

    def close(self) -> None:
        """End the sandbox, the loop and the thread."""
        self.do(self.sandbox.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
