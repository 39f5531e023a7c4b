"""A new version that was made from another than the one that is open is refused, where the client asks for that."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, entry, fresh_route, pipeline, problem


def numbered(route: str, number: int) -> Json:
    """A pipeline that differs from others in a number."""
    return pipeline(entry(route, {"n": number}, "end"), {"id": "end", "type": "end"})


def put(engine: Engine, route: str, number: int, match: str | None = None) -> httpx.Response:
    """Store a new version."""
    headers = {} if match is None else {"If-Match": match}
    return engine.client.put(f"/services/{route}", json=numbered(route, number), headers=headers)


def etag(engine: Engine, route: str) -> str:
    """The tag of what is open."""
    found: str = engine.client.get(f"/services/{route}").headers["etag"]
    return found


@pytest.fixture
def route(engine: Engine) -> str:
    """A route with one version."""
    route = fresh_route()
    engine.client.post("/services", json=numbered(route, 0)).raise_for_status()
    return route


def test_each_version_has_a_tag(engine: Engine, route: str) -> None:
    first = etag(engine, route)
    answer = put(engine, route, 1)
    assert answer.status_code == 200 and answer.headers["etag"] == etag(engine, route) != first
    assert put(engine, route, 1).headers["etag"] == answer.headers["etag"], "the same again is no new version"
    engine.client.delete(f"/services/{route}").raise_for_status()
    again = engine.client.post("/services", json=numbered(route, 0))
    assert again.headers["etag"] not in (first, answer.headers["etag"]), "a tag never comes back"


def test_the_version_that_is_open(engine: Engine, route: str) -> None:
    for number, form in enumerate(("{}", '"99", {}', "{} , W/{}", "*"), 1):
        seen = etag(engine, route)
        answer = put(engine, route, number, form.format(seen, seen))
        assert answer.status_code == 200, form
        assert answer.json()["state"]["version"] == number + 1
        assert answer.json()["nodes"][0]["api"]["body"] == {"n": number}


def test_another_version_came_between(engine: Engine, route: str) -> None:
    seen = etag(engine, route)
    assert put(engine, route, 1, seen).status_code == 200
    answer = put(engine, route, 2, seen)
    told = problem(answer, 412)
    assert "version 2 of" in told["detail"] and route in told["detail"]
    assert answer.headers["etag"] == etag(engine, route)
    described = engine.client.get(f"/services/{route}").json()
    assert described["nodes"] == numbered(route, 1)["nodes"] and described["state"]["version"] == 2
    assert [each["version"] for each in engine.client.get(f"/services/{route}/versions").json()] == [2, 1]
    assert put(engine, route, 2, answer.headers["etag"]).status_code == 200


@pytest.mark.parametrize("match", ['"7"', 'W/"1"', "1", '"x"', "", '""', '"01"', '"1', '"' + "9" * 5_000 + '"'])
def test_tags_of_no_version(engine: Engine, route: str, match: str) -> None:
    problem(put(engine, route, 1, match), 412)
    assert engine.client.get(f"/services/{route}").json()["state"]["version"] == 1


def test_the_same_request_again_is_no_fault(engine: Engine, route: str) -> None:
    """Its answer was lost: what it wanted is what is open."""
    seen = etag(engine, route)
    first, second = put(engine, route, 1, seen), put(engine, route, 1, seen)
    assert first.status_code == second.status_code == 200 and first.json() == second.json()


def test_other_faults_come_first(engine: Engine, route: str) -> None:
    problem(put(engine, fresh_route(), 1, '"1"'), 404)
    wrong = pipeline(entry(route, {}, "nowhere"), {"id": "end", "type": "end"})
    problem(engine.client.put(f"/services/{route}", json=wrong, headers={"If-Match": '"7"'}), 422)


def test_without_it_the_last_one_wins(engine: Engine, route: str) -> None:
    for number in (1, 2, 3):
        assert put(engine, route, number).status_code == 200
    assert engine.client.get(f"/services/{route}").json()["state"]["version"] == 4


def test_of_many_at_once_one_wins(engine: Engine, route: str) -> None:
    seen = etag(engine, route)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: put(engine, route, number, seen), range(1, 9)))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]
    won = next(answer for answer in answers if answer.status_code == 200)
    described = engine.client.get(f"/services/{route}")
    assert described.json()["nodes"] == won.json()["nodes"] and described.headers["etag"] == won.headers["etag"]
