"""What services give, what clients send, and what code does: values of all kinds."""

from collections.abc import Mapping
from hashlib import blake2b
from random import Random
from typing import Any

from engine.pipeline.flow import Pipeline
from engine.pipeline.nodes import LOOP_END
from engine.task.frames import Frame
from tests.task.scenes import binary

OUTS: list[dict[str, Any]] = [
    {"a": [1, 2], "who": 1},
    {"a": [binary(), {"b": [binary("x.png", 2)]}], "n": 1},
    {},
    {"a": [[]], "result": binary("r", 3)},
    {"other": {"deep": {"$binary": ["0" * 32, "n", "t", 1]}}, "a": []},
    {"a": [{"5ea2" * 8: ["0" * 32, "n", "t", 1]}], "": {"": None}},
    {"a": ["x", -0.0, True, 2**63 - 1]},
    {"type": "error", "message": "no error"},
]

SENT: list[dict[str, Any]] = [
    {"a": [1], "list": [[[1], []], [[2]]]},
    {"a": [], "list": []},
    {"a": [binary()], "list": [[[binary(), 1]]]},
    {"a": [1, 2], "list": [[], [[], [3]], [[[4]]]]},
    {"a": [1, 2, 3], "list": [[[1, 2], [3]], [[4, 5]], [[6]], []]},
    {"a": [[]], "list": [[[], []], [], [[]]]},
    {"a": ["x"], "list": [[[7]]]},
    {"list": "none", "a": [1]},
    {"a": [1]},
]


def changed_by_code(
    rng: Random, level: Pipeline, node_id: str
) -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Any] | None]:
    """What a piece of code changes: mostly its own node, sometimes another one, sometimes fields of the pipeline."""
    changes: dict[str, dict[str, Any]] = {}
    if rng.random() < 0.5:
        others = [name for name in level.nodes if name != LOOP_END] + [level.start] * 3
        name = node_id if rng.random() < 0.7 or node_id == LOOP_END else rng.choice(others)
        changes[name] = {rng.choice(("out", "input", "params")): OUTS[rng.randrange(8)]}
    fields = {"count": rng.randrange(9), "kept": OUTS[rng.randrange(8)]} if rng.random() < 0.2 else None
    return changes, fields


def value_of(frame: Frame, node_id: str, turn: int) -> bool:
    """What an expression gives where all depends on who asks alone."""
    name = f"{frame.instance(node_id)}/{turn}"
    return blake2b(name.encode(), digest_size=1).digest()[0] % 3 > 0


def steady_out(frame: Frame, node_id: str) -> dict[str, Any]:
    """What a service gives where all depends on who asks alone."""
    name = frame.instance(node_id)
    return {"a": [name], "who": name, name: True}
