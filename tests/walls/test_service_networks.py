"""Where services may be (`APP_SERVICE_NETWORKS`): looked at when they announce themselves and at each call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Engine
from tests.e2e.scripts import Json, Scripted, ended, fresh_route, open_chain, problem, result, submit
from tests.walls.names import NameServer

NAMES = {
    "inside.test": [["127.0.0.1"]],
    "outside.test": [["127.0.0.2"]],
    "both.test": [["127.0.0.1", "127.0.0.2"]],
    "moves.test": [["127.0.0.1"], ["127.0.0.2"]],
    "public.test": [["93.184.215.14"]],
}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose services may be at 127.0.0.1 and in 10.0.0.0/8, with names of the test's own."""
    script = str(Path(__file__).with_name("named_engine.py"))
    with NameServer(NAMES) as names:
        networks = {"APP_SERVICE_NETWORKS": "127.0.0.1, 10.0.0.0/8"}
        engine = Engine(tmp_path_factory.mktemp("bounded"), networks, [script, str(names.port)])
        engine.start()
        yield engine
        engine.kill()


def announcement(url: str) -> Json:
    """One operation at this address."""
    return {"type": "service", "url": url, "api": {"route": fresh_route("op"), "body": {}}}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "10.1.2.3", "inside.test"])
def test_announced_from_within(bounded: Engine, host: str) -> None:
    message = announcement(f"http://{host}:9/x")
    assert bounded.client.post("/services", json=message).status_code == 200
    assert bounded.client.delete(f"/services/{message['api']['route']}").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.2", "[::1]", "169.254.169.254", "93.184.215.14", "2130706433", "0x7f.1", "[::ffff:127.0.0.2]"),
        *("outside.test", "both.test", "public.test", "unknown.test"),
    ],
)
def test_announced_from_elsewhere(bounded: Engine, host: str) -> None:
    message = announcement(f"http://{host}:9/x")
    told = problem(bounded.client.post("/services", json=message), 403)
    assert "the service cannot be announced at this `url`: " in told["detail"]
    problem(bounded.client.get(f"/services/{message['api']['route']}"), 404)


def test_calls_go_only_where_services_may_be(bounded: Engine, service: Scripted) -> None:
    plan = service.plan()
    message = "was not sent: address not allowed: an address of the host is in none of the networks where services may"
    assert result(bounded, submit(bounded, open_chain(bounded, {"a": 1}, plan), {"a": 1})) == {"a": 1}
    for host in ("127.0.0.2", "localhost.", "outside.test", "both.test"):
        plan = service.plan()
        plan.url = plan.url.replace("127.0.0.1", host)
        job = submit(bounded, open_chain(bounded, {}, plan), {})
        assert ended(bounded, job)["status"] == "error"
        told = bounded.client.get(f"/tasks/{job}").json()["detail"]
        assert message in told or host == "localhost." and "cannot be resolved" in told, told
        assert not plan.calls


def test_a_service_that_moves_away_after_it_was_announced(bounded: Engine, service: Scripted) -> None:
    plan = service.plan()
    message = announcement(plan.url.replace("127.0.0.1", "moves.test"))
    assert bounded.client.post("/services", json=message).status_code == 200
    job = submit(bounded, message["api"]["route"], {})
    assert "address not allowed" in ended(bounded, job)["message"]
    assert not plan.calls


def test_without_the_setting_they_may_be_anywhere(engine: Engine) -> None:
    message = announcement("http://service.nowhere.test:9/x")
    assert engine.client.post("/services", json=message).status_code == 200
    assert engine.client.delete(f"/services/{message['api']['route']}").status_code == 200
