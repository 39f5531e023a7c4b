"""The scripted service as tests see it, and the bodies and definitions that they send."""

import re
import secrets
from pathlib import Path
from typing import Any

import httpx

from aiservice.testing import free_port
from tests.e2e.processes import Engine, Process, wait_for

QUICK: dict[str, Any] = {"attempts": 2, "delay": 0.05}
"""A `retry` that does not keep a test waiting."""

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
"""Bytes that begin as a picture does."""

Json = dict[str, Any]


class Scripted(Process):
    """The process of `scripted_service.py`."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        super().__init__([str(Path(__file__).with_name("scripted_service.py")), str(port)], folder, port, {})
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def plan(self, *steps: Json) -> "Plan":
        """A new plan; without steps an echo by callback."""
        plan = Plan(self, secrets.token_hex(4))
        if steps:
            plan.steps(*steps)
        return plan


class Plan:
    """One plan of the scripted service: `url` is where an engine calls it."""

    def __init__(self, service: Scripted, name: str) -> None:
        self.name = name
        self.url = f"{service.url}/do/{name}"
        self._client = service.client
        self._control = f"/control/{name}"

    def steps(self, *steps: Json) -> None:
        """Begin again with these; what was heard is forgotten."""
        self._client.put(self._control, json=list(steps)).raise_for_status()

    @property
    def calls(self) -> list[Json]:
        """What came, oldest first."""
        calls: list[Json] = self._client.get(self._control).json()["calls"]
        return calls

    @property
    def callbacks(self) -> list[Json]:
        """The answers that its callbacks got, oldest first."""
        callbacks: list[Json] = self._client.get(self._control).json()["callbacks"]
        return callbacks

    @property
    def refused(self) -> int:
        """How many calls it has answered with 429 because of its `capacity`."""
        count: int = self._client.get(self._control).json()["refused"]
        return count

    def wait_calls(self, count: int, seconds: float = 10.0) -> list[Json]:
        """The calls, once there are so many."""
        return wait_for(lambda: c if len(c := self.calls) >= count else None, f"{count} calls of {self.url}", seconds)

    def wait_callbacks(self, count: int, seconds: float = 10.0) -> list[Json]:
        """The answers to callbacks, once there are so many."""
        return wait_for(lambda: c if len(c := self.callbacks) >= count else None, f"{count} callbacks", seconds)


def fresh_route(name: str = "test") -> str:
    """A route that no other test has."""
    return f"{name}-{secrets.token_hex(4)}"


def entry(route: str, body: Any, *following: str) -> Json:
    """An entry node."""
    return {"id": "entry", "type": "entry", "api": {"route": route, "body": body}, "next": list(following)}


def service_node(node_id: str, url: str, following: str = "end", **fields: Any) -> Json:
    """A service node that does not wait long between its attempts."""
    return {"id": node_id, "type": "service", "url": url, "next": [following], "retry": QUICK, **fields}


def pipeline(*nodes: Json) -> Json:
    """A definition."""
    return {"type": "pipeline", "nodes": list(nodes)}


def open_route(engine: Engine, *nodes: Json) -> str:
    """Store a pipeline; its route."""
    answer = engine.client.post("/services", json=pipeline(*nodes))
    assert answer.status_code == 200, answer.text
    route: str = nodes[0]["api"]["route"]
    return route


def open_chain(engine: Engine, body: Any, *plans: Plan, **fields: Any) -> str:
    """Store `entry -> one service after the other -> end`; its route. The nodes are called s0, s1, ..."""
    ids = [*(f"s{number}" for number in range(len(plans))), "end"]
    nodes = [service_node(ids[n], plan.url, ids[n + 1], **fields) for n, plan in enumerate(plans)]
    return open_route(engine, entry(fresh_route(), body, ids[0]), *nodes, {"id": "end", "type": "end"})


def submit(engine: Engine, route: str, body: Any = None, files: Any = None) -> str:
    """Create a task; its id."""
    answer = engine.client.post(f"/services/{route}", json=body, files=files)
    assert answer.status_code == 200, answer.text
    job: str = answer.json()["jobId"]
    return job


def status_of(engine: Engine, job: str) -> Json:
    """The status of a task."""
    answer = engine.client.get(f"/tasks/{job}/status")
    assert answer.status_code == 200, answer.text
    status: Json = answer.json()
    return status


def ended(engine: Engine, job: str, seconds: float = 15.0) -> Json:
    """The status of a task, once it has ended."""
    return wait_for(
        lambda: s if (s := status_of(engine, job))["status"] != "running" else None, f"the end of task {job}", seconds
    )


def result(engine: Engine, job: str, seconds: float = 15.0) -> Any:
    """The result of a task, once it has finished."""
    status = ended(engine, job, seconds)
    assert status["status"] == "finished", status
    answer = engine.client.get(f"/tasks/{job}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def raw(engine: Engine, job: str) -> Json:
    """The whole task."""
    answer = engine.client.get(f"/tasks/{job}/raw")
    assert answer.status_code == 200, answer.text
    whole: Json = answer.json()
    return whole


def problem(answer: httpx.Response, status: int) -> Json:
    """Check that an answer is a problem with this status; the problem."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    told: Json = answer.json()
    assert told["status"] == status and told["type"] and told["title"], told
    assert isinstance(told["detail"], str) and len(told["detail"]) > 10, told
    for fault in told.get("errors", []):
        assert set(fault) in ({"pointer", "detail"}, {"pointer", "detail", "line", "column"}), fault
        assert len(fault["detail"]) > 5, fault
        assert fault["pointer"] == "" or fault["pointer"].startswith("/"), fault
    return told


def pointers(told: Json) -> list[str]:
    """The places that a problem points to."""
    return [fault["pointer"] for fault in told.get("errors", [])]


def metric(engine: Engine, name: str, missing: float | None = None) -> float:
    """The value of a metric, with its labels as they are shown; `missing` where it is not there yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", engine.client.get("/metrics").text, re.MULTILINE)
    if found is None and missing is not None:
        return missing
    assert found is not None, name
    return float(found[1])
