"""Definitions that are large or made to keep the check busy: it stays quick, however they are.

Time is that of the processor, since the machine may be busy; each takes well below a second of it on an idle one.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.pipeline.check import check
from tests.pipeline.definitions import branch, chain, loop, node, service

COUNT = 990
IDS = [f"n{number}" for number in range(COUNT)]
SECONDS = 5.0

Document = dict[str, Any]


def _after(number: int, count: int = 1) -> list[str]:
    return IDS[number + 1 : number + 1 + count] or ["end"]


def _reads(number: int) -> dict[str, str]:
    return {f"x{other}": f"{IDS[(number + other) % COUNT]}.out" for other in range(1, 30)}


def dense() -> Document:
    """150 edges of each node, to those behind it."""
    return chain(*(node(IDS[number], *_after(number, 150)) for number in range(COUNT)))


def tangled() -> Document:
    """A hundred edges of each node, to anywhere."""
    nexts = [{IDS[(number * 7 + other * 13) % COUNT] for other in range(100)} for number in range(COUNT)]
    return chain(*(node(IDS[number], *sorted(nexts[number] - {IDS[number]})) for number in range(COUNT)))


def led_back() -> Document:
    """Branches, each of which leads back to sixty others."""
    sides = [(_after(number), IDS[max(0, number - 60) : number + 1]) for number in range(COUNT)]
    return chain(*(branch(IDS[number], *sides[number]) for number in range(COUNT)))


def waiting() -> Document:
    """Nodes that may wait for those behind them, and read them."""
    nodes = [node(IDS[n], *_after(n), ready="entry.finished", input=_reads(n)) for n in range(COUNT)]
    return chain(*nodes)


def beside() -> Document:
    """Nodes that run at the same time, and read each other."""
    document = chain(*(node(IDS[n], "end", input=_reads(n)) for n in range(COUNT)))
    document["nodes"][0]["next"] = IDS
    return document


def misnamed() -> Document:
    """Names that nobody has, everywhere."""
    wrong = [f"zz{number}" for number in range(60)]
    return chain(*(node(one, *wrong, input={name: f"{name}.out" for name in wrong[:10]}) for one in IDS))


def loops() -> Document:
    """As many loops as there may be."""
    bodies = [node(f"b{n}", "loopEnd", input={f"x{k}": f"loop.zz{k}.out" for k in range(20)}) for n in range(490)]
    return chain(*(loop(f"n{n}", bodies[n], next=_after(n) if n < 489 else ["end"]) for n in range(490)))


def much_code() -> Document:
    """A megabyte of right code."""
    text = "\n".join(f"node.out.x{n} = [entry.out.k, len(input.a), {{'a': {n}}}]" for n in range(170))
    return chain(*(node(IDS[n], *_after(n), after=f"y = {n}\n{text}") for n in range(100)), node(IDS[100], "end"))


def wrong_code() -> Document:
    """Names in code that nobody has."""
    text = ",".join(f"nn{number}" for number in range(100))
    return chain(*(node(IDS[number], *_after(number), after=f"y = [{number},{text}]") for number in range(COUNT)))


def described() -> Document:
    """Paths to fields that the services do not give."""
    reads = [{f"x{k}": f"{IDS[n - 1] if n else 'entry'}.out.kk{k}" for k in range(20)} for n in range(COUNT)]
    return chain(*(service(IDS[n], *_after(n), input=reads[n]) for n in range(COUNT)))


def unknown_fields() -> Document:
    """Fields that no node has."""
    return chain(node("a", "end", **{f"k{number}": 1 for number in range(50_000)}))


MANY = 501
CASES: list[tuple[Callable[[], Document], int]] = [
    (dense, 0),
    (tangled, MANY),
    (led_back, 0),
    (waiting, MANY),
    (beside, MANY),
    (misnamed, MANY),
    (loops, MANY),
    (much_code, 1),
    (wrong_code, MANY),
    (described, MANY),
    (unknown_fields, MANY),
]
GIVEN = {"type": "object", "properties": {f"k{number}": {} for number in range(300)}, "additionalProperties": False}


@pytest.mark.parametrize(("make", "count"), CASES)
def test_the_check_is_quick(make: Callable[[], Document], count: int) -> None:
    document = make()
    before = time.process_time()
    found = check(document, {"http://localhost:8000/do": GIVEN})
    spent = time.process_time() - before
    assert (len(found), spent < SECONDS) == (count, True), (len(found), spent, found[:3])


def test_code_has_a_limit_in_all() -> None:
    (fault,) = check(much_code())
    assert fault.pointer == "/nodes/33/after"
    assert "the code of the pipeline is more than 300,000 characters long" in fault.message


def test_so_much_wrong_code_is_looked_at() -> None:
    document = chain(
        *(node(IDS[number], *_after(number), after="x = zzz") for number in range(50)), node(IDS[50], "end")
    )
    found = check(document)
    assert [fault.pointer for fault in found] == [f"/nodes/{number}/after" for number in range(1, 32)]
    assert "was not looked at yet; mend the other code first" in found[-1].message


def test_bodies_in_bodies_beyond_all_measure() -> None:
    nodes: list[Any] = []
    for _ in range(300):
        nodes = [{"id": "a", "type": "loop", "nodes": nodes}]
    found = check({"type": "pipeline", "nodes": nodes})
    assert any("nested deeper than 32 levels" in fault.message for fault in found)
