"""The fuzzing of `make fuzz`, for three seconds: the parsers raise what they say, hang never, and leave nothing."""

import random

import pytest

from tests.walls.fuzz import running
from tests.walls.fuzz.inputs import chance_of, form
from tests.walls.fuzz.targets import targets


@pytest.mark.parametrize("name", ["parts", "forms", "texts", "definitions"])
def test_nothing_is_found(name: str) -> None:
    (ran,) = running.run_all(0.75, 7, name)
    assert not ran.wrong, ran
    assert ran.inputs >= running.LEAST


def test_an_input_comes_again_from_its_seed_and_number() -> None:
    assert form(chance_of(1, "parts", 5)) == form(chance_of(1, "parts", 5)) != form(chance_of(2, "parts", 5))


def test_what_goes_wrong_is_told_with_how_to_try_it_again() -> None:
    def third_is_bad(chance: random.Random) -> None:
        if chance.random() == chance_of(3, "x", 2).random():
            raise KeyError("bad")

    ran = running.run("x", third_is_bad, 5, 3)
    assert ran.inputs == 3 and "KeyError: 'bad'" in str(ran) and "--seed 3 --only x --number 2" in str(ran)
    assert running.run("x", third_is_bad, 5, 3, 1).wrong == "" != running.run("x", third_is_bad, 5, 3, 2).wrong


def test_what_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HANG", 1)

    def hang(_: random.Random) -> None:
        while True:
            pass

    assert "did not end" in running.run("x", hang, 5, 3).wrong


def test_what_is_slow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SLOWEST", 0.01)

    def count(_: random.Random) -> None:
        sum(range(1_000_000))

    ran = running.run("x", count, 5, 3)
    assert ran.inputs == 1 and "it took" in ran.wrong


def test_all_targets_are_tried() -> None:
    with targets() as known:
        assert set(known) == {"parts", "forms", "texts", "definitions"}
