"""The simulation of engines: what must hold of it whatever the costs are."""

from dataclasses import replace

import pytest

from benchmarks.simulation import NODES, SAVES, VISITS, Costs, Place, simulate, wake_and_event

SQLITE = Costs(0.0004, 0.0002, 0.0001, 0.0003, 0.0002, commit=0.0002, save=0.0001, sync=0.0005)
MONGO = replace(SQLITE, commit=0.0, save=0.0, sync=0.0, commands=3.0, command=0.0002)
TASKS = 800


def test_it_is_the_same_for_the_same_seed() -> None:
    place = Place(engines=2, clients=16, cores=2.0)
    assert simulate(SQLITE, place, TASKS, seed=3) == simulate(SQLITE, place, TASKS, seed=3)
    assert simulate(SQLITE, place, TASKS, seed=3) != simulate(SQLITE, place, TASKS, seed=4)


def test_one_client_waits_for_nothing_but_its_own_work() -> None:
    """With cores enough the time of a task is the sum of all that is done for it."""
    found = simulate(MONGO, Place(engines=1, clients=1, cores=16.0), TASKS)
    own = MONGO.client + MONGO.balancer + NODES * MONGO.service + VISITS * (MONGO.wake + MONGO.event)
    assert 1 / found.rate == pytest.approx(own + SAVES * MONGO.commands * MONGO.command, rel=0.02)
    assert found.together == pytest.approx(1.0)


@pytest.mark.parametrize("costs", [SQLITE, MONGO])
def test_the_clients_are_all_there_all_the_time(costs: Costs) -> None:
    """Little's law: clients are tasks under way, the rate times the mean time; the median is near the mean here."""
    found = simulate(costs, Place(engines=1, clients=32, cores=4.0), 4 * TASKS)
    assert found.rate * found.p50 == pytest.approx(32, rel=0.1)


def test_the_busiest_station_is_what_limits() -> None:
    """A server that does 12 commands of 0.5 ms for a task takes 1 / 6 ms of them, however many engines ask."""
    slow = replace(MONGO, command=0.0005)
    limit = 1 / (SAVES * slow.commands * slow.command)
    for engines in (2, 4):
        found = simulate(slow, Place(engines, clients=64, cores=16.0), 4 * TASKS)
        assert found.rate == pytest.approx(limit, rel=0.05)
        assert found.busy["server 0"] == pytest.approx(1.0, rel=0.05)


def test_the_cores_are_what_limits_where_there_are_few() -> None:
    found = simulate(MONGO, Place(engines=3, clients=64, cores=0.5), TASKS)
    assert sum(found.busy.values()) == pytest.approx(0.5, rel=0.02)


def test_more_engines_are_faster_where_there_are_cores_and_shards_for_them() -> None:
    few = simulate(MONGO, Place(1, 64, cores=64.0), TASKS)
    many = simulate(
        replace(MONGO, client=0.0, balancer=0.0), Place(4, 256, cores=64.0, shards=8, services=8), 4 * TASKS
    )
    assert many.rate > 2.5 * few.rate


def test_one_file_is_not_faster_with_more_engines() -> None:
    bound = replace(SQLITE, sync=0.01)
    one = simulate(bound, Place(1, 64, cores=16.0), TASKS).rate
    three = simulate(bound, Place(3, 64, cores=16.0), TASKS).rate
    assert three < 1.1 * one


def test_the_costs_of_a_turn_are_found_from_two_measurements() -> None:
    place = Place(1, 16, cores=2.0)
    fitted = wake_and_event(replace(SQLITE, wake=0.0, event=0.0), place, alone=0.004, together=0.0018)
    assert VISITS * (fitted.wake + fitted.event) == pytest.approx(0.004, rel=0.01)
    found = simulate(fitted, place, 2 * TASKS)
    assert found.busy["engine 0"] / found.rate == pytest.approx(0.0018, rel=0.1)
