"""The toy services as tests see them, and short words for definitions."""

import secrets
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process, wait_for
from tests.e2e.scripts import QUICK, Json, ended, entry, fresh_route, pipeline, problem

END: Json = {"id": "end", "type": "end"}


class Toys(Process):
    """The process of `toy_service.py`."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        super().__init__([str(Path(__file__).with_name("toy_service.py")), str(port)], folder, port, {})
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def book(self, **settings: Any) -> "Book":
        """A book of one's own."""
        return Book(self, settings)

    def kill(self) -> None:
        """End it at once, if it runs."""
        self.client.close()
        super().kill()


class Book:
    """One test's services."""

    def __init__(self, toys: Toys, settings: Json) -> None:
        self.name = secrets.token_hex(4)
        self._base = toys.url
        self._client = toys.client
        self._path = f"/book/{self.name}"
        self._client.put(self._path, json=settings).raise_for_status()

    def op(self, operation: str) -> str:
        """Where a service is called."""
        return f"{self._base}/op/{self.name}/{operation}"

    def web(self, page: str) -> str:
        """Where a page is."""
        return f"{self._base}/web/{self.name}/{page}"

    def set(self, **settings: Any) -> None:
        """Change settings."""
        self._client.post(self._path, json=settings).raise_for_status()

    def heard(self) -> Json:
        """`calls`, oldest first, `peak` (the most at once) and `working` (now)."""
        heard: Json = self._client.get(self._path).json()
        return heard

    @property
    def calls(self) -> list[Json]:
        """What came, oldest first."""
        calls: list[Json] = self.heard()["calls"]
        return calls

    def count(self, operation: str | None = None) -> int:
        """How many calls came, of one operation or of all."""
        return sum(operation in (None, call["op"]) for call in self.calls)

    def numbers(self, operation: str = "double") -> Counter[int]:
        """How often an operation was called with each `n`."""
        return Counter(call["values"]["n"] for call in self.calls if call["op"] == operation)

    def wait_calls(self, count: int) -> None:
        """Wait until so many calls have come."""
        wait_for(lambda: self.count() >= count, f"{count} calls", 20)

    def wait_working(self, count: int) -> None:
        """Wait until so many calls are being worked on."""
        wait_for(lambda: self.heard()["working"] == count, f"{count} calls at once")

    def node(self, node_id: str, operation: str, *following: str, **fields: Any) -> Json:
        """A service node that does not wait long between its attempts."""
        return service(node_id, self.op(operation), *following, **fields)


def service(node_id: str, url: str, *following: str, **fields: Any) -> Json:
    """A service node that does not wait long between its attempts."""
    return {"id": node_id, "type": "service", "url": url, "next": list(following), "retry": QUICK, **fields}


def plain(node_id: str, *following: str, **fields: Any) -> Json:
    """A plain node."""
    return {"id": node_id, "next": list(following), **fields}


def branch(node_id: str, condition: str, then: Any, otherwise: Any = None, *following: str, **fields: Any) -> Json:
    """A branch; without `otherwise` it has no `else`."""
    node = {"id": node_id, "type": "branch", "if": condition, "then": then, "next": list(following), **fields}
    return node if otherwise is None else {**node, "else": otherwise}


def loop(node_id: str, items: str, nodes: list[Json], *following: str, **fields: Any) -> Json:
    """A loop."""
    return {"id": node_id, "type": "loop", "items": items, "nodes": nodes, "next": list(following), **fields}


def end(**fields: Any) -> Json:
    """The end."""
    return {**END, **fields}


def post(engine: Engine, body: Any, *nodes: Json, first: str | None = None, **fields: Any) -> str:
    """Store `entry -> first node -> ...` under a fresh route; its route. `fields` are further ones of the entry."""
    route = fresh_route()
    start = {**entry(route, body, first or nodes[0]["id"]), **fields}
    answer = engine.client.post("/services", json=pipeline(start, *nodes))
    assert answer.status_code == 200, answer.text
    return route


def refused(engine: Engine, body: Any, *nodes: Json) -> Json:
    """The faults of `entry -> first node -> ...`, by pointer."""
    start = entry(fresh_route(), body, nodes[0]["id"])
    told = problem(engine.client.post("/services", json=pipeline(start, *nodes)), 422)
    return {fault["pointer"]: fault["detail"] for fault in told["errors"]}


class Failed(AssertionError):
    """The task has ended in an error."""


def run(engine: Engine, route: str, body: Any = None, files: Any = None, seconds: float = 30) -> Any:
    """Run a task to its end; its result. Raises Failed with its message."""
    headers = {"Prefer": f"wait={seconds:g}"}
    answer = engine.client.post(f"/services/{route}", json=body, files=files, headers=headers, timeout=seconds + 30)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.get("status") in ("finished", "error"), told
    if told["status"] == "error":
        raise Failed(told["message"])
    return told["result"]


def failure(engine: Engine, route: str, body: Any = None, files: Any = None, seconds: float = 30) -> tuple[str, str]:
    """Run a task that must fail; its message and its id."""
    answer = engine.client.post(f"/services/{route}", json=body, files=files)
    assert answer.status_code == 200, answer.text
    job: str = answer.json()["jobId"]
    status = ended(engine, job, seconds)
    assert status["status"] == "error", engine.client.get(f"/tasks/{job}").text
    message: str = status["message"]
    return message, job
