"""A bad network: what is safe is done again, once only, and nothing is half there."""

import hashlib
import random
from pathlib import Path

import pytest

from engine.client import AimError, Client, Unreachable
from tests.client.relay import Fate, Relay
from tests.e2e.processes import Engine
from tests.e2e.scripts import Scripted, entry, fresh_route, open_chain, open_route, pipeline

END = {"id": "end", "type": "end"}
AGAIN = b"HTTP/1.1 503 Away\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FULL = AGAIN.replace(b"503 Away", b"429 Full")
BROKEN = AGAIN.replace(b"503 Away", b"500 Broken")
LOST = Fate(pass_request=False)
# The whole answer is made, and none of it arrives.
UNHEARD = Fate(cut=1)


def close_connections(client: Client) -> None:
    """Let each request have a connection, and so a fate, of its own."""
    client._client._wire._http.headers["Connection"] = "close"


@pytest.mark.parametrize("fate", [LOST, UNHEARD, Fate(answer=AGAIN), Fate(answer=FULL)])
def test_reading_is_repeated(far: Client, relay: Relay, fate: Fate) -> None:
    relay.fates.extend([fate, fate, fate])
    assert "jobs" in far.stats()
    assert len(relay.received) == 4


def test_it_gives_up_after_so_many(far: Client, relay: Relay) -> None:
    relay.fates.extend([LOST] * 5)
    with pytest.raises(Unreachable):
        far.stats()
    relay.fates.extend([Fate(answer=AGAIN)] * 5)
    with pytest.raises(AimError) as away:
        far.stats()
    assert away.value.status == 503


def test_an_error_of_the_engine_is_not_repeated(far: Client, relay: Relay) -> None:
    relay.fates.append(Fate(answer=BROKEN))
    with pytest.raises(AimError) as broken:
        far.stats()
    assert broken.value.status == 500
    assert len(relay.received) == 1


@pytest.mark.parametrize("fate", [LOST, UNHEARD, Fate(answer=AGAIN)])
def test_a_repeated_submission_is_one_task(
    far: Client, relay: Relay, engine: Engine, service: Scripted, fate: Fate
) -> None:
    route = open_chain(engine, "image", service.plan())
    close_connections(far)
    far.service(route)
    relay.fates.extend([Fate(), fate, fate])
    task = far.submit(route, {"image": b"bytes" * 1000})
    assert [row["jobId"] for row in far.tasks(route)] == [task.id]
    keys = {line for head in relay.heads for line in head.splitlines() if line.lower().startswith("idempotency-key")}
    assert len(keys) == 1
    assert far.result(task)["image"].endswith("/files/image")


def test_what_is_not_safe_is_repeated_only_if_it_was_surely_not_done(
    far: Client, relay: Relay, engine: Engine, service: Scripted
) -> None:
    route = open_chain(engine, {"n": 1}, service.plan({}))
    close_connections(far)
    task = far.submit(route, {"n": 1})
    relay.fates.append(Fate(answer=AGAIN))
    relay.fates.append(UNHEARD)
    with pytest.raises(Unreachable):
        far.cancel(task)
    assert far.status(task)["message"] == "cancelled"


def test_a_stream_that_breaks_anywhere_tells_everything_once(
    far: Client, relay: Relay, engine: Engine, service: Scripted
) -> None:
    route = open_chain(engine, {"n": 1}, service.plan(), service.plan(), service.plan())
    close_connections(far)
    task = far.submit(route, {"n": 1})
    task.wait()
    whole = list(task.events())
    for cut in (1, 200, 400, 600, 900, 1_300, 2_000):
        relay.fates.extend([Fate(cut=cut), Fate(answer=AGAIN), Fate(cut=cut), LOST])
        assert list(task.events()) == whole, cut
        relay.fates.clear()
    assert any("last-event-id" in head.lower() for head in relay.heads)


def test_a_download_goes_on_where_it_broke(far: Client, relay: Relay, engine: Engine, tmp_path: Path) -> None:
    route = open_route(engine, entry(fresh_route(), "file", "end"), END)
    content = random.Random(5).randbytes(900_000)
    close_connections(far)
    task = far.submit(route, {"file": content})
    task.wait()
    relay.fates.extend([Fate(cut=300_000), LOST, Fate(cut=300_000), Fate(answer=AGAIN), Fate(cut=1_000)])
    before = len(relay.received)
    path = task.download("file", tmp_path)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content).digest()
    ranges = [head for head in relay.heads[before:] if "range: bytes=" in head.lower()]
    assert len(ranges) >= 3
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_download_that_never_ends_leaves_nothing(far: Client, relay: Relay, engine: Engine, tmp_path: Path) -> None:
    route = open_route(engine, entry(fresh_route(), "file", "end"), END)
    close_connections(far)
    task = far.submit(route, {"file": bytes(500_000)})
    task.wait()
    (tmp_path / "file.bin").write_bytes(b"before")
    relay.fates.extend([Fate(cut=100_000)] + [LOST] * 10)
    with pytest.raises(Unreachable, match="download"):
        task.download("file", tmp_path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file.bin", b"before")]


def test_a_definition_is_pushed_once_however_often_it_is_sent(far: Client, relay: Relay) -> None:
    route = fresh_route()
    close_connections(far)
    relay.fates.extend([UNHEARD, UNHEARD])
    assert far.push(pipeline(entry(route, {"n": 1}, "end"), END))["state"]["version"] == 1
