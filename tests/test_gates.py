"""Whose turn it is to call a service: as many as it takes, as many as may be, and one route after the other."""

import asyncio

import pytest

from engine.breakers import FAILURES, Breakers
from engine.turnstile import Refused, Turnstile, Wanted
from tests.turns import OTHER, URL, end, entered, refuse, settled, turnstile, waiting, wanted


async def test_a_gate_is_open_until_the_service_is_full() -> None:
    gates = turnstile()
    entered(gates, *(f"call {number}" for number in range(500)))


async def test_after_a_refusal_as_many_enter_as_the_service_still_works_on() -> None:
    gates = turnstile()
    entered(gates, "a", "b", "refused")
    refuse(gates, "refused")
    third, fourth = await waiting(gates, "c", "d")
    assert not third.done() and not fourth.done()
    end(gates, "a")
    await settled()
    assert third.done() and not fourth.done()
    end(gates, "b")
    await fourth


async def test_a_service_that_is_full_of_the_calls_of_others_is_asked_by_one_at_a_time() -> None:
    gates = turnstile()
    entered(gates, "refused")
    refuse(gates, "refused")
    first, second = await waiting(gates, "first", "second")
    assert first.done() and not second.done()
    end(gates, "first")
    await second


async def test_a_call_that_found_no_room_comes_first_when_there_is_some() -> None:
    gates = turnstile()
    entered(gates, "working", "refused again")
    assert refuse(gates, "refused again"), "the end of the other one is room for it"
    (late,) = await waiting(gates, "late")
    (again,) = await waiting(gates, Wanted("refused again", "route", None, URL, first=True))
    end(gates, "working")
    await settled()
    assert again.done() and not late.done()
    assert not refuse(gates, "refused again"), "nobody of this engine is in there"
    await late


async def test_results_widen_the_gate() -> None:
    gates = turnstile()
    entered(gates, "a", "refused")
    refuse(gates, "refused")
    end(gates, "a", result=True)
    for number in range(5):
        entered(gates, f"a{number}")
        end(gates, f"a{number}", result=True)
    three = await waiting(gates, "b", "c", "d")
    assert [task.done() for task in three] == [True, True, False]
    three[2].cancel()


async def test_a_call_that_is_given_up_while_it_waits_takes_no_place() -> None:
    gates = turnstile()
    entered(gates, "a", "refused")
    refuse(gates, "refused")
    given_up, next_one = await waiting(gates, "given up", "next")
    given_up.cancel()
    await settled()
    end(gates, "a")
    await next_one
    assert gates.waiting == 0


async def test_a_call_that_is_given_up_as_its_turn_comes_leaves_it_to_the_next() -> None:
    gates = turnstile(each=1)
    entered(gates, "a")
    given_up, next_one = await waiting(gates, "given up", "next")
    end(gates, "a")  # its turn has come, and it does not know that yet
    given_up.cancel()
    await asyncio.wait_for(next_one, 5)
    end(gates, "next")
    assert gates.gates.sending == 0 and len(gates.gates) == 0


async def test_a_call_is_settled_once() -> None:
    gates = turnstile()
    entered(gates, "a", "b", "refused")
    refuse(gates, "refused")
    third, fourth = await waiting(gates, "c", "d")
    end(gates, "a")
    gates.gates.settled("a")
    await settled()
    assert third.done() and not fourth.done()
    fourth.cancel()


async def test_one_is_let_in_after_a_while_though_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.turnstile.FIRST_PROBE", 0.01)
    gates = turnstile()
    entered(gates, "never ends", "refused")
    refuse(gates, "refused")
    assert gates.try_enter(wanted("probe")) is None
    await asyncio.wait_for(gates.enter(wanted("probe")), 5)
    gates.taken("probe", URL)
    end(gates, "probe", result=True)
    entered(gates, "next")


async def test_no_more_are_on_their_way_than_may_be() -> None:
    gates = turnstile(total=3, each=2)
    entered(gates, "a", "b")
    assert gates.try_enter(wanted("c")) is None
    entered(gates, "d", url=OTHER)
    assert gates.try_enter(wanted("e", url=OTHER)) is None
    here, there = await waiting(gates, "c", wanted("e", url=OTHER))
    gates.gates.answered(URL, "a")  # accepted: it is on its way no more, although it is not settled
    await settled()
    assert here.done() and not there.done()
    gates.gates.answered(URL, "b")
    await there
    assert gates.gates.sending == 3


async def test_routes_take_turns() -> None:
    gates = turnstile(each=1)
    entered(gates, "first")
    large = await waiting(gates, *(wanted(f"large {number}", "large") for number in range(50)))
    small = await waiting(gates, *(wanted(f"small {number}", "small") for number in range(2)))
    end(gates, "first")
    for call in ("large 0", "small 0", "large 1", "small 1", "large 2", "large 3"):
        await settled()
        assert gates.gates.sending == 1
        end(gates, call)
    await settled()
    assert [task.done() for task in small] == [True, True] and sum(task.done() for task in large) == 5
    for task in large:
        task.cancel()


async def test_nothing_is_sent_while_results_cannot_be_stored() -> None:
    gates = turnstile(each=1)
    entered(gates, "a")
    (task,) = await waiting(gates, "b")
    gates.stop()
    end(gates, "a")
    await settled()
    assert not task.done() and gates.try_enter(wanted("c", url=OTHER)) is None
    gates.go_on()
    await task


def fail(gates: Turnstile, *calls: str) -> None:
    """Calls that were sent have failed."""
    for call in calls:
        gates.breakers.failed(URL, call, "it broke")
        end(gates, call)


def is_refused(task: asyncio.Task[object]) -> bool:
    """Whether a call that waited was refused."""
    return task.done() and isinstance(task.exception(), Refused)


def opened() -> Turnstile:
    """A turnstile before an address that has failed too often."""
    gates = turnstile()
    for number in range(FAILURES):
        entered(gates, f"call {number}")
        fail(gates, f"call {number}")
    assert gates.breakers.shown(URL).failures == FAILURES
    return gates


def half_open() -> Turnstile:
    """The same, when it may be probed."""
    gates = opened()
    gates.announced(URL)
    return gates


async def test_an_open_breaker_refuses_and_says_why() -> None:
    gates = opened()
    assert gates.breakers.shown(URL).breaker == "open"
    with pytest.raises(Refused, match="it broke .*5 times in a row"):
        gates.try_enter(wanted("next"))
    entered(gates, "to another address", url=OTHER)


async def test_a_half_open_breaker_lets_one_through_and_the_others_share_its_fate() -> None:
    gates = half_open()
    assert gates.breakers.shown(URL).breaker == "half-open"
    entered(gates, "probe")
    first, second = await waiting(gates, "b", wanted("c", last=True))
    assert not first.done() and not second.done()
    fail(gates, "probe")
    await settled()
    assert is_refused(first) and is_refused(second)


async def test_a_probe_that_succeeds_lets_all_in() -> None:
    gates = half_open()
    entered(gates, "probe")
    both = await waiting(gates, "b", "c")
    gates.breakers.alive(URL, "probe")
    await asyncio.gather(*both)
    assert gates.breakers.shown(URL).breaker == "closed" and len(gates.breakers) == 0


async def test_a_probe_that_is_given_up_leaves_it_to_the_next() -> None:
    gates = half_open()
    entered(gates, "probe")
    (task,) = await waiting(gates, "b")
    end(gates, "probe")
    await task
    assert gates.breakers.probing(URL)


async def test_the_last_attempt_waits_for_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.breakers.FIRST_OPEN", 0.05)
    gates = opened()
    (last,) = await waiting(gates, wanted("last", last=True))
    assert not last.done()
    await asyncio.wait_for(last, 5)
    assert gates.breakers.probing(URL)


async def test_those_that_wait_for_room_are_refused_when_the_breaker_opens() -> None:
    gates = turnstile(each=FAILURES)
    entered(gates, *(f"call {number}" for number in range(FAILURES)))
    few, last = await waiting(gates, "waits", wanted("last", last=True))
    for number in range(FAILURES):
        gates.breakers.failed(URL, f"call {number}", "it broke")
    await settled()
    assert is_refused(few) and not last.done()
    last.cancel()


async def test_what_is_late_does_not_close_a_breaker() -> None:
    gates = opened()
    gates.breakers.alive(URL, "sent before it opened")
    assert gates.breakers.shown(URL).breaker == "open"
    gates.announced(URL)
    assert gates.breakers.shown(URL).breaker == "half-open"


def test_a_breaker_stays_open_for_longer_each_time_and_few_are_remembered() -> None:
    now = 0.0
    breakers = Breakers(lambda: now)
    for number in range(FAILURES):
        breakers.failed(URL, str(number), "it broke")
    waits = [breakers.wait(URL)]
    for number in range(8):
        now += breakers.wait(URL)
        breakers.probe(URL, f"probe {number}")
        breakers.failed(URL, f"probe {number}", "it broke")
        waits.append(breakers.wait(URL))
    for seconds, wait in zip([1, 2, 4, 8, 16, 30, 30, 30, 30], waits, strict=True):
        assert seconds * 0.8 <= wait <= seconds * 1.2
    for number in range(5_000):
        breakers.failed(f"http://127.0.0.1:1/{number}", "call", "it broke")
    assert len(breakers) == 1_000
