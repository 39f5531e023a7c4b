"""The faults of the graph: ids, entry and end, `next`, sides of branches, cycles, what is out of reach."""

from typing import Any

import pytest

from tests.pipeline.definitions import END, ENTRY, Faults, branch, chain, definition, node, verify, with_entry

GRAPHS: list[tuple[str, Any, Faults]] = [
    ("no entry", definition(node("a", "end"), END | {"input": {}}), [("/nodes", "there is no entry; add one node")]),
    ("no end", definition({**ENTRY, "next": ["a"]}, node("a")), [("/nodes", "there is no end; add one node")]),
    (
        "two entries",
        definition(*chain(node("a", "end"))["nodes"], {**ENTRY, "id": "other", "next": ["a"]}),
        [("/nodes/3/type", "there is an entry already, `entry`")],
    ),
    (
        "two ends",
        chain(node("a", "end", "stop"), {"id": "stop", "type": "end"}),
        [("/nodes/3/type", "there is an end already, `stop`")],
    ),
    (
        "an id twice",
        chain(node("a", "b"), node("b", "end"), node("a", "end")),
        [("/nodes/3/id", "the id `a` is taken by the node at /nodes/1")],
    ),
    (
        "a copied node makes no cycle of its own",
        chain(node("a", "b"), node("b", "end"), node("b", "a")),
        [("/nodes/3/id", "taken")],
    ),
    ("next names no node", chain(node("a", "end", "zzz")), [("/nodes/1/next/1", "there is no node `zzz`")]),
    ("next is nearly right", chain(node("a", "ned")), [("/nodes/1/next/0", "did you mean `end`?")]),
    ("next names an id that is wrong", chain(node("a", "b c"), node("b c", "end")), [("/nodes/2/id", "must be 1 to")]),
    ("next names the entry", chain(node("a", "entry", "end")), [("/nodes/1/next/0", "is the entry")]),
    ("next names itself", chain(node("a", "a", "end")), [("/nodes/1/next/0", "is this node itself")]),
    ("next names one twice", chain(node("a", "end", "end")), [("/nodes/1/next/1", "named twice")]),
    (
        "the end has a next",
        definition({**ENTRY, "next": ["end"]}, {"id": "end", "type": "end", "next": ["a"]}, node("a")),
        [("/nodes/1/next", "an end has no `next`")],
    ),
    (
        "a cycle",
        chain(node("a", "b"), node("b", "c", "end"), node("c", "a")),
        [("/nodes/3/next/0", "a cycle that never ends, `a` -> `b` -> `c` -> `a`, since no branch leads out of it")],
    ),
    (
        "two cycles",
        chain(node("a", "b"), node("b", "a", "c"), node("c", "d", "end"), node("d", "c")),
        [("/nodes/2/next/0", "`a` -> `b` -> `a`"), ("/nodes/4/next/0", "`c` -> `d` -> `c`")],
    ),
    (
        "a cycle out of reach",
        chain(node("a", "end"), node("b", "c"), node("c", "b")),
        [("/nodes/3/next/0", "a cycle that never ends, `b` -> `c` -> `b`")],
    ),
    (
        "a node out of reach",
        chain(node("a", "end"), node("b", "end")),
        [("/nodes/2", "`b` cannot be reached from the entry; name it in the `next`")],
    ),
    (
        "what is behind it is not told one by one",
        chain(node("a", "end"), node("b", "c"), node("c", "d"), node("d")),
        [("/nodes/2", "nor can what is behind it, `c` and `d`")],
    ),
    ("the end out of reach", chain(node("a")), [("/nodes/2", "the end, `end`, cannot be reached from the entry")]),
    (
        "the end out of reach by another one",
        chain(node("a"), node("b", "end")),
        [("/nodes/2", "`b` cannot be reached from the entry; name it in the `next` of a node that is to come before")],
    ),
    (
        "out of reach by a name nearly right",
        chain(node("start", "blurr"), node("blur", "end")),
        [("/nodes/1/next/0", "did you mean `blur`?")],
    ),
    ("out of reach by a next that is no list", chain(node("a", next="end")), [("/nodes/1/next", "must be a list")]),
    (
        "behind a type that is not known",
        chain({"id": "a", "type": "choice", "if": "1", "then": {"next": ["b"]}, "else": "x"}, node("b", "end")),
        [("/nodes/1/type", "`choice` is no type of node")],
    ),
    ("an entry that is nearly one", with_entry(type="entyr"), [("/nodes/0/type", "did you mean `entry`?")]),
]


def again(*back: str, **fields: Any) -> Any:
    """entry -> a -> check -> end, where `check` may lead back."""
    return chain(node("a", "check"), branch("check", ["end"], list(back), **fields))


BRANCHES: list[tuple[str, Any, Faults]] = [
    ("both sides lead on", chain(branch("a", ["b"], ["end"]), node("b", "end")), []),
    ("one side, and the branch's own next", chain(branch("a", ["b"], next=["end"]), node("b", "end")), []),
    ("no side has a next", chain(branch("a", "x = 1", {"exec": "x = 2"}, next=["end"])), []),
    ("a side that leads nowhere", chain(branch("a", ["end"], [])), []),
    ("a side that is no more", chain(branch("a", ["end"])), []),
    ("a side leads back", again("a"), []),
    ("a side leads back to the branch itself", again("check"), []),
    ("a side leads back and on", again("a", "end"), []),
    (
        "a cycle within a cycle",
        chain(node("a", "b"), node("b", "c"), branch("c", ["b"], ["d"]), branch("d", ["a"], ["end"])),
        [],
    ),
    ("a side names no node", chain(branch("a", ["ned"], ["end"])), [("/nodes/1/then/next/0", "did you mean `end`?")]),
    ("a side names one twice", chain(branch("a", ["end", "end"])), [("/nodes/1/then/next/1", "named twice")]),
    ("a side names the entry", again("entry"), [("/nodes/2/else/next/0", "name the node that comes after it")]),
    ("a side names loopEnd", again("loopEnd"), [("/nodes/2/else/next/0", "this node is in none")]),
    (
        "own next is wrong though no side uses it",
        chain(branch("a", ["end"], ["end"], next=["zzz"])),
        [("/nodes/1/next/0", "there is no node `zzz`")],
    ),
    (
        "a node that is named only where no side uses it",
        chain(branch("a", ["end"], ["end"], next=["b"]), node("b", "end")),
        [("/nodes/2", "`b` cannot be reached from the entry; the `next` of `a` never holds")],
    ),
    (
        "a side that is meant as a next",
        chain(branch("a", "b", ["end"]), node("b", "end")),
        [("/nodes/2", '`then` of `a` is code, since it is a string; write {"next": ["b"]}')],
    ),
    (
        "both sides lead back",
        chain(node("a", "check"), branch("check", ["a"], ["a", "end"])),
        [("/nodes/2/then/next/0", "a cycle that never ends, `a` -> `check` -> `a`")],
    ),
    (
        "the branch leads back whatever it chooses",
        chain(node("a", "check"), branch("check", "x = 1", next=["a", "end"])),
        [("/nodes/2/next/0", "a cycle that never ends, `a` -> `check` -> `a`")],
    ),
    (
        "both sides lead back by other nodes",
        chain(node("a", "check", "end"), branch("check", ["b"], ["c"]), node("b", "a"), node("c", "a")),
        [("/nodes/3/next/0", "a cycle that never ends, `a` -> `check` -> `b` -> `a`")],
    ),
    (
        "a branch beside the cycle leads out, but not of it",
        chain(node("a", "b", "check"), node("b", "a"), branch("check", ["a"], ["end"])),
        [("/nodes/2/next/0", "a cycle that never ends, `a` -> `b` -> `a`")],
    ),
    (
        "both sides are the branch itself",
        chain(node("a", "b", "end"), branch("b", ["b"], ["b"])),
        [("/nodes/2/then/next/0", "a cycle that never ends, `b` -> `b`")],
    ),
    (
        "nodes out of reach that lead to each other",
        chain(node("a", "end"), node("b", "c"), branch("c", ["b"], ["end"])),
        [
            (
                "/nodes/2",
                "`b` cannot be reached from the entry; name it in the `next` of a node that is to come before it",
            )
        ],
    ),
    (
        "a next that is none of the two",
        chain(branch("a", 3, ["end"])),
        [("/nodes/1/then", "must be an object with any")],
    ),
]


@pytest.mark.parametrize(
    ("document", "expected"), [pytest.param(*rest, id=name) for name, *rest in [*GRAPHS, *BRANCHES]]
)
def test_the_graph(document: Any, expected: Faults) -> None:
    verify(document, expected)


def test_the_number_of_ways_does_not_count() -> None:
    """Two to the power of sixty ways lead from the first to the last of these."""
    nodes = []
    for step in range(60):
        following = [f"a{step + 1}", f"b{step + 1}"] if step < 59 else ["end"]
        nodes += [node(f"a{step}", *following), node(f"b{step}", *following, input={"x": f"entry.out.x{step}"})]
    document = chain(*nodes)
    document["nodes"][0]["next"] = ["a0", "b0"]
    verify(document, [])
