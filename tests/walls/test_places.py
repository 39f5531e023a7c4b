"""Requests to places that are not meant: what `http` nodes of a real engine ask for; none reaches a private address.

A canary listens on loopback addresses of both kinds and counts who comes. The engine may reach one address there, whose
server sends it on to others; names come from a name server that lies.
"""

import json
import re
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aiservice.testing import free_port
from tests.e2e.processes import Engine
from tests.e2e.scripts import QUICK, entry, fresh_route, pipeline, problem
from tests.walls.names import Answers, NameServer

ALLOWED = "127.0.0.9"
CANARIES = ("127.0.0.1", "127.0.0.2", "::1")
REFUSED, NO_URL, PASSWORD = "address not allowed", "URL", "user"

NAMES: dict[str, Answers] = {
    "localhost": [["127.0.0.1", "::1"]],
    "private.test": [["127.0.0.2"]],
    "private6.test": [["::1"]],
    "mapped.test": [["::ffff:127.0.0.2"]],
    "metadata.test": [["169.254.169.254"]],
    "unique-local.test": [["fd00:ec2::254"]],
    "both.test": [[ALLOWED, "127.0.0.2"]],
    "both-the-other-way.test": [["127.0.0.2", ALLOWED]],
    "both-kinds.test": [[ALLOWED, "::1"]],
    "alias.test": [[">private.test"]],
    "chain.test": [[">alias.test"]],
    "alias-of-localhost.test": [[">localhost"]],
    "changes.test": [[ALLOWED], ["127.0.0.2"]],
    "changes-late.test": [[ALLOWED], [ALLOWED], ["127.0.0.2"]],
    "grows.test": [[ALLOWED], [ALLOWED, "127.0.0.2"]],
    "becomes-an-alias.test": [[ALLOWED], [">private.test"]],
}

# URLs; {p} is the port of the canary, on which the server at the allowed address listens too.
LITERALS = [
    ("http://127.0.0.1:{p}/", REFUSED),
    ("http://127.0.0.2:{p}/", REFUSED),
    ("http://127.0.0.1.:{p}/", REFUSED),
    ("http://127.1:{p}/", REFUSED),
    ("http://127.0.1:{p}/", REFUSED),
    ("http://2130706433:{p}/", REFUSED),
    ("http://2130706433.:{p}/", REFUSED),
    ("http://017700000001:{p}/", REFUSED),
    ("http://0177.0.0.1:{p}/", REFUSED),
    ("http://0177.0000.0000.0001:{p}/", REFUSED),
    ("http://0x7f000001:{p}/", REFUSED),
    ("http://0X7F.0.0.1:{p}/", REFUSED),
    ("http://0x7f.1:{p}/", REFUSED),
    ("http://127.0.0x0.1:{p}/", REFUSED),
    ("http://4294967297:{p}/", REFUSED),  # 2**32 + 1
    ("http://0:{p}/", REFUSED),
    ("http://0.0.0.0:{p}/", REFUSED),
    ("http://①②⑦.⓪.⓪.①:{p}/", REFUSED),
    ("http://１２７.０.０.１:{p}/", REFUSED),
    ("http://127。0。0。1:{p}/", REFUSED),
    ("http://127.0.0.1%00.example:{p}/", f"{REFUSED}|{NO_URL}|cannot"),
    ("http://%31%32%37.0.0.1:{p}/", f"{REFUSED}|{NO_URL}|cannot"),
    ("http://[::1]:{p}/", REFUSED),
    ("http://[0:0:0:0:0:0:0:1]:{p}/", REFUSED),
    ("http://[::]:{p}/", REFUSED),
    ("http://[::ffff:127.0.0.1]:{p}/", REFUSED),
    ("http://[::ffff:7f00:1]:{p}/", REFUSED),
    ("http://[::127.0.0.1]:{p}/", REFUSED),
    ("http://[::ffff:0:127.0.0.1]:{p}/", REFUSED),
    ("http://[64:ff9b::7f00:1]:{p}/", REFUSED),
    ("http://[64:ff9b:1::7f00:1]:{p}/", REFUSED),
    ("http://[2002:7f00:1::]:{p}/", REFUSED),
    ("http://[2001:0:7f00:1::]:{p}/", REFUSED),
    ("http://[::1%25lo]:{p}/", REFUSED),
    ("http://[fe80::1%25lo]:{p}/", REFUSED),
    ("http://[fec0::1]:{p}/", REFUSED),
    ("http://[fc00::1]:{p}/", REFUSED),
    ("http://[fd00:ec2::254]/latest/meta-data/", REFUSED),
    ("http://169.254.169.254/latest/meta-data/", REFUSED),
    ("http://2852039166/latest/meta-data/", REFUSED),
    ("http://0xa9fea9fe/", REFUSED),
    ("http://[::ffff:169.254.169.254]/", REFUSED),
    ("http://100.100.100.200/", REFUSED),
    ("http://192.0.0.192/", REFUSED),
    ("http://168.63.129.16/", REFUSED),
    ("http://10.0.0.1:{p}/", REFUSED),
    ("http://255.255.255.255:{p}/", REFUSED),
    ("http://me:secret@127.0.0.1:{p}/", f"{PASSWORD}|{NO_URL}"),
    ("http://" + ALLOWED + "@127.0.0.1:{p}/", f"{PASSWORD}|{NO_URL}"),
    ("http://" + ALLOWED + ":80\\@127.0.0.1:{p}/", f"{REFUSED}|{PASSWORD}|{NO_URL}"),
    ("http://127.0.0.1:{p}#@" + ALLOWED + "/", REFUSED),
    ("http://127.0.0.1:{p}\\@" + ALLOWED + "/", f"{REFUSED}|{PASSWORD}|{NO_URL}"),
    ("file:///etc/passwd", NO_URL),
    ("gopher://127.0.0.1:{p}/_GET", NO_URL),
    ("unix:///var/run/docker.sock", NO_URL),
]
LYING_NAMES = [
    *("localhost", "LOCALHOST", "localhost.", "private.test", "private6.test", "mapped.test", "metadata.test"),
    *("unique-local.test", "both.test", "both-the-other-way.test", "both-kinds.test"),
    *("alias.test", "chain.test", "alias-of-localhost.test"),
]
CHANGING_NAMES = ["changes.test", "changes-late.test", "grows.test", "becomes-an-alias.test"]
"""Good for the first request, whose answer sends on to the same name."""

REDIRECTS = [
    *((status, "http://127.0.0.2:{p}/", REFUSED) for status in (301, 302, 303, 307, 308)),
    (302, "http://2130706434:{p}/", REFUSED),
    (302, "http://[::1]:{p}/", REFUSED),
    (302, "http://[::ffff:127.0.0.2]:{p}/", REFUSED),
    (302, "//127.0.0.2:{p}/", REFUSED),
    (302, "http://private.test:{p}/", REFUSED),
    (307, "http://169.254.169.254/latest/meta-data/", REFUSED),
    (302, "http://me@127.0.0.2:{p}/", NO_URL),
    (302, "file:///etc/passwd", NO_URL),
    (302, "gopher://127.0.0.2:{p}/", NO_URL),
    (302, "javascript:alert(1)", NO_URL),
]
CHAIN = 4
"""How many harmless redirects come before one that is not."""


@dataclass(frozen=True)
class Attempt:
    """A URL that a node asks for, and of what the refusal speaks. `sends` is what the allowed server then answers."""

    url: str
    why: str
    sends: tuple[tuple[int, str], ...] = ()


def attempts() -> list[Attempt]:
    """All of them."""
    front = "http://" + ALLOWED + ":{p}/"
    onward = [Attempt(front, why, ((status, place),)) for status, place, why in REDIRECTS]
    chained = [Attempt(front, why, (*[(302, front)] * CHAIN, (status, place))) for status, place, why in REDIRECTS[5:8]]
    changing = [
        Attempt("http://" + name + ":{p}/", REFUSED, tuple([(302, "http://" + name + ":{p}/")] * 2))
        for name in CHANGING_NAMES
    ]
    named = [Attempt("http://" + name + ":{p}/", REFUSED) for name in LYING_NAMES]
    return [*(Attempt(url, why) for url, why in LITERALS), *named, *changing, *onward, *chained]


class Site:
    """The canary on its addresses, and the server at the allowed one, all on one port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.reached: list[str] = []
        self.visits = 0
        self._sends: dict[str, list[tuple[int, str]]] = {}
        self._servers = [_server(address, self.port, self._canary(address)) for address in CANARIES]
        self._servers.append(_server(ALLOWED, self.port, self._front))
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, attempt: Attempt) -> str:
        """The URL of an attempt; what the allowed server answers is laid ready."""
        name = secrets.token_hex(8)
        self._sends[name] = [(status, place.format(p=self.port)) for status, place in attempt.sends]
        url = attempt.url.format(p=self.port)
        return f"{url}{name}" if attempt.sends else url

    def close(self) -> None:
        """End."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _canary(self, address: str) -> Any:
        def answer(path: str) -> tuple[int, str]:
            self.reached.append(f"{address} {path}")
            return 200, ""

        return answer

    def _front(self, path: str) -> tuple[int, str]:
        self.visits += 1
        name = path.strip("/")
        if not self._sends.get(name):
            return 200, ""
        status, place = self._sends[name].pop(0)
        stays = place.endswith(".test:" + f"{self.port}/") and "private" not in place or ALLOWED in place
        return status, f"{place}{name}" if stays else place


def _server(address: str, port: int, answer: Any) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, place = answer(self.path)
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        address_family = 10 if ":" in address else 2  # AF_INET6, AF_INET

    return Server((address, port), Handler)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The servers."""
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    """The name server."""
    with NameServer(NAMES) as names:
        yield names


def named_engine(folder: Path, names: NameServer, allowed: str) -> Engine:
    """An engine that asks this name server."""
    script = str(Path(__file__).with_name("named_engine.py"))
    return Engine(folder, {"APP_ALLOWED_NETWORKS": allowed}, [script, str(names.port)])


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory, names: NameServer) -> Iterator[Engine]:
    """An engine that may reach one loopback address, and no other."""
    engine = named_engine(tmp_path_factory.mktemp("walled"), names, ALLOWED)
    engine.start()
    yield engine
    engine.kill()


def asked(engine: Engine, url: str) -> str:
    """Why the engine does not ask for a URL: the fault of the definition, or the message of the task."""
    route = fresh_route()
    node = {"id": "ask", "type": "http", "url": url, "next": ["end"], "retry": QUICK, "timeout": 5}
    document = pipeline(entry(route, {}, "ask"), node, {"id": "end", "type": "end"})
    answer = engine.client.post("/services", json=document)
    if answer.status_code != 200:
        return json.dumps(problem(answer, 422)["errors"])
    task = engine.client.post(f"/services/{route}", json={}, headers={"Prefer": "wait=10"}).json()
    return str(task["message"]) if task["status"] == "error" else ""


def test_there_are_sixty_attempts_and_more() -> None:
    assert len({(attempt.url, attempt.sends) for attempt in attempts()}) >= 60


@pytest.mark.parametrize("attempt", attempts(), ids=lambda attempt: f"{attempt.url}{attempt.sends or ''}")
def test_no_attempt_reaches_a_private_address(walled: Engine, site: Site, attempt: Attempt) -> None:
    visits, reached = site.visits, len(site.reached)
    why = asked(walled, site.url(attempt))
    assert len(site.reached) == reached
    assert re.search(attempt.why, why), why
    first = attempt.sends and (attempt.url.startswith(f"http://{ALLOWED}") or "changes" in attempt.url)
    assert site.visits > visits or not first, "the server that sends on was asked"


def test_the_canary_can_be_reached(tmp_path: Path, site: Site, names: NameServer) -> None:
    """Where it is allowed: so it would have been, without the guard."""
    engine, before = named_engine(tmp_path, names, "127.0.0.0/8,::1"), len(site.reached)
    engine.start()
    try:
        for host in ("127.0.0.1", "127.0.0.2", "[::1]", "localhost", "private.test", "alias.test", "both-kinds.test"):
            assert asked(engine, f"http://{host}:{site.port}/{host}") == ""
        assert asked(engine, site.url(Attempt("http://" + ALLOWED + ":{p}/", "", ((302, "http://[::1]:{p}/"),)))) == ""
    finally:
        engine.kill()
    reached = site.reached[before:]
    assert len(reached) >= 7 and {each.split()[0] for each in reached} == set(CANARIES)
    assert names.asked["private.test"] and names.asked["alias.test"]
