"""What the engine asks of a sandbox for dynamic code.

A scope is what code can reach: `{"self": "<id of the own node>", "nodes": {id: {field: value}}, "pipeline": {own
fields}}`. `nodes` holds the own node too. Values are plain JSON values with `BinaryRef` objects anywhere in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from engine.pipeline.code import Program

Scope = Mapping[str, Any]
Outcome = Literal["error", "timeout", "killed"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave.

    `value` is that of an expression (one that is no JSON value, such as the match of a regular expression, is given as
    its truth, a boolean), and None for statements. `scope` is the scope afterwards, for an expression the one that was
    given; nodes that the code left as they were are the same objects as before.
    """

    value: Any
    scope: Scope


class CodeError(Exception):
    """The code failed, or what it left cannot be stored. `line` is that of the user's text where it is known.

    `outcome` is `error` for what the code did itself, `timeout` where it ran for too long, `killed` where it needed too
    much memory or its process died.
    """

    def __init__(self, message: str, line: int | None = None, outcome: Outcome = "error") -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.message = message
        self.line = line
        self.outcome: Outcome = outcome


class SandboxClosed(RuntimeError):
    """The sandbox was closed while the code waited or ran; nothing is known of the code."""


class Sandbox(Protocol):
    """Runs untrusted code where it reaches nothing but its scope, and costs at most its limits."""

    async def run(self, program: Program, scope: Scope) -> Ran:
        """Run a program. The scope that is given is not changed. Raises CodeError and SandboxClosed."""

    async def close(self) -> None:
        """End everything that was started."""
