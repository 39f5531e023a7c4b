"""The client for programs that run in an event loop."""

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self, cast

import httpx

from engine.client.calls import Call, Policy
from engine.client.definitions import route_of
from engine.client.errors import AimError, Fault, StillRunning, TaskFailed
from engine.client.fetch import Fetch
from engine.client.files import names_of, unique
from engine.client.handle import AsyncTask
from engine.client.inputs import Payload
from engine.client.keys import Keys, bearing
from engine.client.shapes import ENDED, Event, Json, Stats, Status, TaskPage, TaskRow, TaskStatus
from engine.client.submissions import Submissions
from engine.client.wire import Wire, service_path, task_path

DEFAULT_ENGINE = "http://localhost:8080"
HELD_SECONDS = 30
"""How long the engine is asked to hold the answer of a submission, so that a quick task costs one request."""


class AsyncClient:
    """Speaks with one engine. Use it as `async with AsyncClient(url) as client`, within one event loop.

    Every method raises `AimError` where the engine says no, and `Unreachable` where no answer came. Requests that
    change nothing, and submissions (which bear an `Idempotency-Key`), are made again after growing pauses where the
    connection breaks or the engine answers 429 or 503; all others only where they were surely not done.
    """

    def __init__(
        self,
        engine: str = DEFAULT_ENGINE,
        *,
        policy: Policy | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> None:
        """`key` is an API key or token, by default that of `AIM_KEY`. `headers` go with every request."""
        self._policy = policy or Policy()
        self._wire = Wire(engine, self._policy, {**bearing(key), **(headers or {})})
        self.keys = Keys(self._wire)
        self._submissions = Submissions(self._wire)

    @property
    def engine(self) -> str:
        """The URL of the engine."""
        return self._wire.engine

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    # Definitions

    async def services(self) -> list[Json]:
        """The definitions of all open routes, each with its `state`."""
        return cast(list[Json], await self._wire.ask(Call("GET", "/services")))

    async def service(self, route: str) -> Json:
        """The definition behind a route: `type` and `nodes` as stored, and `state`."""
        definition: Json = await self._wire.ask(Call("GET", service_path(route)))
        return definition

    async def push(self, definition: Mapping[str, Any], replace: bool = False) -> Json:
        """Store a pipeline and open its route; the definition as the engine has it, with its `state`.

        The same definition again changes nothing. Where the route belongs to another pipeline, that is an AimError
        with status 409, or with `replace` a new version of it. A wrong definition: 422 with every fault.
        """
        payload = Payload(json=dict(definition))
        try:
            answer: Json = await self._wire.ask(Call("POST", "/services", payload=payload))
        except AimError as error:
            route = route_of(definition)
            if not replace or error.status != httpx.codes.CONFLICT or route is None:
                raise
            answer = await self._wire.ask(Call("PUT", service_path(route), payload=payload))
        return answer

    async def check(self, definition: Mapping[str, Any]) -> list[Fault]:
        """Every fault of a definition, which is not stored; none where it is right."""
        call = Call("POST", "/services", {"dry_run": "true"}, payload=Payload(json=dict(definition)))
        try:
            answer = await self._wire.ask(call)
        except AimError as error:
            if error.status != httpx.codes.UNPROCESSABLE_ENTITY:
                raise
            return list(error.faults) or [Fault("", error.detail)]
        return [Fault(str(each["pointer"]), str(each["detail"])) for each in answer.get("faults", [])]

    async def versions(self, route: str) -> list[Json]:
        """The versions of a pipeline, newest first: `version`, `created`, `open` or not, and `nodes`."""
        return cast(list[Json], await self._wire.ask(Call("GET", f"{service_path(route)}/versions")))

    async def delete(self, route: str) -> None:
        """Close a route; running tasks finish."""
        await self._wire.send(Call("DELETE", service_path(route), repeatable=False))

    # Tasks

    async def submit(self, route: str, inputs: Mapping[str, Any], key: str | None = None) -> AsyncTask:
        """Create a task. What `inputs` may hold stands in `engine.client.inputs`.

        `key` is the Idempotency-Key, by default a new one: the same key on the same route gives the same task, however
        often it is submitted. Raises WrongInput where the inputs do not fit the route.
        """
        answer = await self._submissions.make(route, inputs, key, 0)
        return AsyncTask(self, answer["jobId"])

    async def run(
        self, route: str, inputs: Mapping[str, Any], wait: float | None = None, key: str | None = None
    ) -> Any:
        """Create a task and wait for its result, for at most so many seconds, or as long as it takes.

        A binary in the result is a URL. Raises TaskFailed, StillRunning, and what `submit` raises.
        """
        clock = asyncio.get_running_loop().time
        deadline = None if wait is None else clock() + wait
        held = HELD_SECONDS if wait is None else min(HELD_SECONDS, math.ceil(wait))
        answer = await self._submissions.make(route, inputs, key, held)
        task = answer["jobId"]
        if answer.get("status") == "finished":
            return answer["result"]
        if answer.get("status") == "error":
            raise TaskFailed(task, answer.get("message", ""))
        return await self.result(task, None if deadline is None else max(deadline - clock(), 0))

    async def status(self, task: str | AsyncTask) -> Status:
        """Whether a task runs, has finished or failed, with the state of every node."""
        return cast(Status, await self._wire.ask(Call("GET", f"{task_path(task)}/status")))

    async def wait(self, task: str | AsyncTask, seconds: float | None = None) -> Status:
        """The status of a task once it has ended, by its events. Raises StillRunning after so many seconds."""
        status = await self.status(task)
        if status["status"] not in ENDED:
            try:
                async with asyncio.timeout(seconds), aclosing(self.events(task)) as events:
                    async for _ in events:
                        pass
            except TimeoutError:
                pass
            status = await self.status(task)
            if status["status"] not in ENDED:
                raise StillRunning(str(task))
        return status

    async def result(self, task: str | AsyncTask, wait: float | None = None) -> Any:
        """The result of a task, once it has ended; a binary is a URL. `wait=0` asks for what is there now.

        Raises TaskFailed, and StillRunning after so many seconds.
        """
        try:
            return await self._result(task)
        except StillRunning:
            if wait == 0:
                raise
        await self.wait(task, wait)
        return await self._result(task)

    async def _result(self, task: str | AsyncTask) -> Any:
        try:
            return await self._wire.ask(Call("GET", task_path(task)))
        except AimError as error:
            if error.status != httpx.codes.BAD_REQUEST:
                raise
            status = await self.status(task)
            if status["status"] == "error":
                raise TaskFailed(str(task), status.get("message", "")) from None
            raise StillRunning(str(task)) from None

    async def raw(self, task: str | AsyncTask) -> Json:
        """The whole task: every node with input, out, state, times, attempts and errors; the table of binaries."""
        raw: Json = await self._wire.ask(Call("GET", f"{task_path(task)}/raw"))
        return raw

    async def events(self, task: str | AsyncTask | None = None, after: str = "") -> AsyncGenerator[Event, None]:
        """Every change of a task from its beginning to its end, as it comes; or of all tasks, from now on, for ever.

        `after` is the id of an event to go on after. A stream that breaks is taken up again where it was. A task that
        failed and was retried tells of both: its end is the end of the iteration, not the first state `error`.
        """
        path = "/events" if task is None else f"{task_path(task)}/events"
        state, quiet = "", True
        async with aclosing(self._wire.events(path, after)) as events:
            async for event in events:
                if event is not None:
                    quiet = False
                    if event.name == "task":
                        state = event.state
                    yield event
                elif task is not None and await self._has_ended(task, state, quiet):
                    return
                else:
                    quiet = True

    async def _has_ended(self, task: str | AsyncTask, state: str, quiet: bool) -> bool:
        """Whether a stream that was closed in order is the end of its task: an engine that stops closes it as well."""
        if state in ENDED:
            return True
        return quiet and (await self.status(task))["status"] in ENDED

    async def cancel(self, task: str | AsyncTask) -> Status:
        """Stop a task. AimError with status 409 where it has ended already."""
        return cast(Status, await self._wire.ask(Call("POST", f"{task_path(task)}/cancel", repeatable=False)))

    async def retry(
        self,
        task: str | AsyncTask,
        from_: str | None = None,
        definition: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
    ) -> AsyncTask:
        """Let a failed task go on from its failed nodes, keeping what succeeded; it is the same task.

        With `from_`, the id of a node, a new task is made that reuses the results before that node, with another
        definition, and with other values for fields of that node's input, if they are given. Raises ValueError where
        they are given without `from_`.
        """
        changed = {"definition": definition, "input": input}
        body = {name: dict(value) for name, value in changed.items() if value is not None}
        if body and from_ is None:
            raise ValueError("another definition or input needs `from_`, the node to begin with")
        params = {} if from_ is None else {"from": from_}
        payload = Payload(json=body or None)
        call = Call("POST", f"{task_path(task)}/retry", params, payload=payload, repeatable=False)
        return AsyncTask(self, (await self._wire.ask(call))["jobId"])

    async def download(self, task: str | AsyncTask, name: str, to: str | Path) -> Path:
        """Write one binary of a result, streamed, to a file or into a folder; its path.

        `to` is a folder where it is one or ends with a separator: the file's name is then that of the binary, made
        safe and with the ending of its media type. A file that is there is replaced when all has come. Raises OSError.
        """
        return await Fetch(self._wire, self._policy, str(task), name).to(to)

    async def save(self, task: str | AsyncTask, folder: str | Path, result: Any = None) -> dict[str, Path]:
        """Write all binaries of a result into a folder; their paths by name. `result` spares asking for it again."""
        known = result if result is not None else await self.result(task)
        taken: set[str] = set()

        def numbered(name: str) -> str:
            return unique(name, taken)

        paths = {}
        for name in names_of(known, str(task)):
            paths[name] = await Fetch(self._wire, self._policy, str(task), name).into(Path(folder), numbered)
        return paths

    async def page(
        self,
        route: str | None = None,
        status: TaskStatus | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> TaskPage:
        """One page of tasks, newest first: at most `limit` (1 to 500); `cursor` is `next` of the page before."""
        params = {"route": route, "status": status, "limit": str(limit), "cursor": cursor}
        given = {name: value for name, value in params.items() if value is not None}
        answer = await self._wire.ask(Call("GET", "/tasks", given))
        return TaskPage(tuple(answer["tasks"]), answer["next"])

    async def tasks(
        self, route: str | None = None, status: TaskStatus | None = None, limit: int | None = None
    ) -> AsyncGenerator[TaskRow, None]:
        """Tasks, newest first, page by page; at most `limit`."""
        left, cursor = limit, None
        while left is None or left > 0:
            page = await self.page(route, status, 100 if left is None else min(left, 100), cursor)
            for row in page.tasks:
                yield row
            left = None if left is None else left - len(page.tasks)
            cursor = page.next
            if cursor is None:
                return

    async def stats(self) -> Stats:
        """How many tasks are kept, by status and by route."""
        return cast(Stats, await self._wire.ask(Call("GET", "/stats")))
