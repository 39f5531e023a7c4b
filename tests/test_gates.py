"""The gate before a service: open until the service says that it is full, then as wide as the service is."""

import asyncio

import pytest

from engine.gates import Gates

URL = "http://127.0.0.1:1/work"


async def entered(gates: Gates, *calls: str) -> list[asyncio.Task[None]]:
    """Let calls come to the gate, in this order; those that may enter have done so when this returns."""
    tasks = [asyncio.create_task(gates.enter(URL, call)) for call in calls]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_a_gate_is_open_until_the_service_is_full() -> None:
    gates = Gates()
    assert all(gates.try_enter(URL, f"call {number}") for number in range(500))


async def test_after_a_refusal_as_many_enter_as_the_service_still_works_on() -> None:
    gates = Gates()
    for call in ("a", "b", "refused"):
        await gates.enter(URL, call)
    gates.full("refused")
    third, fourth = await entered(gates, "c", "d")
    assert not third.done() and not fourth.done()
    gates.settled("a")
    await asyncio.sleep(0)
    await third
    assert not fourth.done()
    gates.settled("b")
    await fourth


async def test_a_service_that_is_full_of_the_calls_of_others_is_asked_by_one_at_a_time() -> None:
    gates = Gates()
    await gates.enter(URL, "refused")
    gates.full("refused")
    first, second = await entered(gates, "first", "second")
    await first
    assert not second.done()
    gates.settled("first")
    await second


async def test_results_widen_the_gate() -> None:
    gates = Gates()
    for call in ("a", "refused"):
        await gates.enter(URL, call)
    gates.full("refused")
    gates.settled("a", result=True)
    both = await entered(gates, "b", "c", "d")
    assert [task.done() for task in both] == [True, True, False]
    both[2].cancel()


async def test_a_call_that_is_given_up_while_it_waits_takes_no_place() -> None:
    gates = Gates()
    for call in ("a", "refused"):
        await gates.enter(URL, call)
    gates.full("refused")
    given_up, next_one = await entered(gates, "given up", "next")
    given_up.cancel()
    gates.settled("a")
    await next_one


async def test_a_call_is_settled_once() -> None:
    gates = Gates()
    for call in ("a", "b", "refused"):
        await gates.enter(URL, call)
    gates.full("refused")
    third, fourth = await entered(gates, "c", "d")
    gates.settled("a")
    gates.settled("a")
    await asyncio.sleep(0)
    assert third.done() and not fourth.done()
    fourth.cancel()


async def test_one_is_let_in_after_a_while_though_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.gates.FIRST_PROBE", 0.01)
    gates = Gates()
    for call in ("never ends", "refused"):
        await gates.enter(URL, call)
    gates.full("refused")
    assert not gates.try_enter(URL, "probe")
    await asyncio.wait_for(gates.enter(URL, "probe"), 5)
    gates.taken("probe")
    gates.settled("probe", result=True)
    assert gates.try_enter(URL, "next")
