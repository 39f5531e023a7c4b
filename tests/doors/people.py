"""Anna, Ben and an admin, who each do something."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.processes import wait_for
from tests.e2e.scripts import Json, entry, fresh_route, pipeline

from .conftest import Guarded

END = {"id": "end", "type": "end"}
WAITS = {"id": "s", "type": "service", "service": "nobody-offers-this", "timeout": 600, "next": ["end"]}
"""A node that runs until its task is cancelled."""


@dataclass
class Person:
    """Somebody with a key."""

    guarded: Guarded
    owner: str
    key: str
    id: str = ""

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request to the first engine."""
        return self.guarded.ask(method, path, self.key, **more)

    def open(self, *nodes: Json, body: Any = None) -> str:
        """Store `entry -> these nodes -> end`; its route."""
        route, first = fresh_route("owned"), nodes[0]["id"] if nodes else "end"
        whole = pipeline(entry(route, {"n": 1} if body is None else body, first), *nodes, END)
        answer = self.ask("POST", "/services", json=whole)
        assert answer.status_code == 200, answer.text
        return route

    def submit(self, route: str, **more: Any) -> str:
        """A new task; its id."""
        answer = self.ask("POST", f"/services/{route}", **(more or {"json": {"n": 1}}))
        assert answer.status_code == 200, answer.text
        job: str = answer.json()["jobId"]
        return job

    def ended(self, job: str) -> str:
        """The status of a task, once it has ended."""
        return wait_for(lambda: s if (s := self.status(job)) != "running" else None, "the end of a task")

    def status(self, job: str) -> str:
        """The status of a task."""
        answer = self.ask("GET", f"/tasks/{job}/status")
        assert answer.status_code == 200, answer.text
        status: str = answer.json()["status"]
        return status

    def tasks(self, **filters: Any) -> list[str]:
        """The ids of the tasks that they are shown, newest first."""
        found: list[str] = []
        cursor = None
        while True:
            page = self.ask("GET", "/tasks", params={"limit": 100, **filters, **({"cursor": cursor} if cursor else {})})
            found += [row["jobId"] for row in page.json()["tasks"]]
            cursor = page.json()["next"]
            if cursor is None:
                return found


def person(guarded: Guarded, *scopes: str, owner: str | None = None, **more: Any) -> Person:
    """Somebody new, with these scopes."""
    owner = owner or f"owner {secrets.token_hex(4)}"
    made = guarded.make(*scopes, owner=owner, **more)
    return Person(guarded, owner, made["key"], made["id"])


def admin(guarded: Guarded) -> Person:
    """Who has the first key."""
    return Person(guarded, "admin", guarded.admin)
