"""Pieces of pipelines that fit into each other, each with a model of what it does.

A piece takes `{"n": number}` from the node before it and gives `{"n": number}` to the one behind. It is made of nodes
whose ids begin with a prefix of its own, ends in the node `<prefix>Out`, and holds another piece (`inner`) somewhere:
in a side of its branch, in the body of its loop, in its sub-pipeline. Its model says which number comes out, and enters
the calls of services that it takes to get there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json
from tests.language.toys import Book

Nodes = tuple[list[Json], str]
"""Nodes, and the id of the first."""


@dataclass
class Bench:
    """Where pieces are put together: sub-pipelines are posted to `engine`, services are those of `book`."""

    engine: Engine
    book: Book


@dataclass
class Log:
    """The calls that a run takes: how often each operation is called with each number."""

    calls: Counter[tuple[str, int]] = field(default_factory=Counter)

    def call(self, operation: str, number: int) -> None:
        """Enter a call. The first of `shaky` with a number has to be repeated."""
        key = (operation, number)
        self.calls[key] += 2 if operation == "shaky" and not self.calls[key] else 1


Inner = Callable[[list[str]], Nodes]
Run = Callable[[int], int]
Build = Callable[[Bench, str, Inner, list[str]], Nodes]
Model = Callable[[int, Run, Log], int]


@dataclass(frozen=True)
class Feature:
    """`build` makes the nodes that lead to the given ids in the end, around the inner piece, whose prefix is the
    piece's own with an `i`; `model` tells what they do with a number."""

    build: Build
    model: Model


def woven(bench: Bench, features: list[Feature], prefix: str, following: list[str]) -> Nodes:
    """These features, each around the next; in the middle is a service that doubles."""
    if not features:
        return [bench.book.node(f"{prefix}Out", "double", *following)], f"{prefix}Out"
    return features[0].build(bench, prefix, lambda then: woven(bench, features[1:], f"{prefix}i", then), following)


def expected(features: list[Feature], number: int, log: Log) -> int:
    """What comes out of woven features."""
    if not features:
        log.call("double", number)
        return 2 * number
    return features[0].model(number, lambda inner: expected(features[1:], inner, log), log)
