"""A pipeline for each feature, and for each pair of features, one within the other, either way round.

Each is run with two numbers, an even and an odd one, and must give what the model says, with just the calls of services
that the model says.
"""

from collections import Counter

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json
from tests.language.features import FEATURES
from tests.language.pieces import Bench, Feature, Log, expected, woven
from tests.language.toys import Toys, end, post, run

PAIRS = [(one, other) for one in FEATURES for other in FEATURES]


def heard(call: Json) -> tuple[str, int]:
    """A call as the model enters it."""
    values = call["values"] if "values" in call else call["json"]
    return call["op"], values.get("n", values.get("a", 0))


def check(engine: Engine, toys: Toys, features: list[Feature]) -> None:
    """Run a pipeline of these features, and compare it with the model."""
    bench = Bench(engine, toys.book())
    nodes, first = woven(bench, features, "p", ["end"])
    route = post(engine, {"n": 1}, *nodes, end(), first=first)
    log = Log()
    for number in (4, 7):
        assert run(engine, route, {"n": number}) == {"n": expected(features, number, log)}
    assert Counter(map(heard, bench.book.calls)) == log.calls


@pytest.mark.parametrize("name", FEATURES)
def test_one_feature(system: Engine, toys: Toys, name: str) -> None:
    check(system, toys, [FEATURES[name]])


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one}-{other}" for one, other in PAIRS])
def test_two_features(system: Engine, toys: Toys, one: str, other: str) -> None:
    check(system, toys, [FEATURES[one], FEATURES[other]])
