"""The sandbox on pydantic-monty, an interpreter of Python without files, network, processes and environment.

It runs in processes of its own (`process.py`, `worker.py`), which inherit nothing. A binary goes in as an object with
its name, type and size, and under a key that is drawn for each run, its number: it can be copied, but none can be made
up that the code was not given.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from engine.code.base import CodeError, Ran, Scope
from engine.code.pool import Pool
from engine.code.process import Limits
from engine.code.wrap import MAX_DEPTH, wrap
from engine.errors import EngineError
from engine.pipeline.code import Program
from engine.pipeline.jsontext import dumps, parse
from engine.task.task import BinaryRef

MAX_RESULT = 16_000_000
"""Bytes of JSON that the changed nodes may come to."""


class MontySandbox:
    """A `Sandbox`; nothing is started before the first run."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._pool = Pool(limits or Limits())

    @property
    def pids(self) -> list[int]:
        """The processes that it started, each the head of a process group."""
        return self._pool.pids

    async def run(self, program: Program, scope: Scope) -> Ran:
        """See `Sandbox`."""
        own, nodes = scope["self"], scope["nodes"]
        ids = list(nodes)
        binaries = Binaries()
        texts = [dumps(part, binaries.seal) for part in (*nodes.values(), scope["pipeline"])]
        wrapped = wrap(program, own, ids)
        head = {
            "source": wrapped.source,
            "before": wrapped.before,
            "lines": wrapped.lines,
            "expression": program.kind == "expression",
            "texts": [len(text) for text in texts],
        }
        answer, parts = await self._pool.run(program.source, head, texts)
        if "error" in answer:
            raise CodeError(_hinted(answer["error"]), answer["line"], answer["outcome"])
        if "fault" in answer:
            index, path, text = answer["fault"]
            raise CodeError(f"{_place(ids, index, path)} {text}")
        if len(parts) != (1 if program.kind == "expression" else len(ids) + 1):
            raise CodeError("what the code left cannot be read")
        values = _values(parts, ids, binaries)
        if program.kind == "expression":
            return Ran(values[0], scope)
        given = [*nodes.values(), scope["pipeline"]]
        after = [old if new is None else new for old, new in zip(given, values, strict=True)]
        return Ran(None, {"self": own, "nodes": dict(zip(ids, after, strict=False)), "pipeline": after[-1]})

    async def close(self) -> None:
        """See `Sandbox`."""
        await self._pool.close()


class Binaries:
    """The binaries of one run."""

    def __init__(self) -> None:
        self._key = secrets.token_hex(16)
        self._refs: list[BinaryRef] = []

    def seal(self, value: object) -> dict[str, Any]:
        """What stands for a binary in the sandbox. Raises TypeError for anything else."""
        if not isinstance(value, BinaryRef):
            raise TypeError(f"a {type(value).__name__} is no value of a task")
        self._refs.append(value)
        return {"name": value.name, "type": value.type, "size": value.size, self._key: len(self._refs) - 1}

    def open(self, raw: bytes, value: Any) -> Any:
        """The value with its binaries again. Raises CodeError where one was changed."""
        return self._opened(value) if self._refs and self._key.encode() in raw else value

    def _opened(self, value: Any) -> Any:
        if isinstance(value, dict):
            if self._key in value:
                return self._ref(value[self._key])
            return {key: self._opened(item) for key, item in value.items()}
        return [self._opened(item) for item in value] if isinstance(value, list) else value

    def _ref(self, number: Any) -> BinaryRef:
        if type(number) is not int or not 0 <= number < len(self._refs):
            raise CodeError("a binary was changed; copy it as it is")
        return self._refs[number]


def _values(parts: Sequence[bytes | None], ids: Sequence[str], binaries: Binaries) -> list[Any]:
    """The changed parts as values, None for the others; what comes from the sandbox is trusted in nothing."""
    size = sum(len(part) for part in parts if part is not None)
    if size > MAX_RESULT:
        raise CodeError(f"the changed values are {size:,} bytes long as JSON; the limit is {MAX_RESULT:,}")
    values = []
    for index, part in enumerate(parts):
        try:
            value = None if part is None else parse(part, "the value", MAX_RESULT, MAX_DEPTH + 1)
        except EngineError as error:
            raise CodeError(f"{_place(ids, index, [])}: {error.detail}") from None
        if part is not None and len(parts) > 1 and not isinstance(value, dict):
            raise CodeError(f"{_place(ids, index, [])} is no object any more")
        values.append(value if part is None else binaries.open(part, value))
    return values


def _place(ids: Sequence[str], index: int, path: Sequence[str | int]) -> str:
    """`A.out.areas[0].x`"""
    name = "pipeline"
    if index < len(ids):
        name = ids[index] if ids[index].isidentifier() else f"pipeline.nodes[{ids[index]!r}]"
    steps = (f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]" for key in path)
    return "`" + name + "".join(steps) + "`"


def _hinted(message: str) -> str:
    if message.startswith("AttributeError: 'dict' object has no attribute '"):
        name = message.split("'")[3]
        return f"{message}; write [{name!r}]: only what begins with a node, `pipeline` or `input` may have dots"
    return message
