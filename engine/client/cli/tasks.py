"""Commands for tasks: run, watch, retry, cancel, tasks, raw, stats."""

import difflib
import tempfile
from contextlib import aclosing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from engine.client.aio import AsyncClient
from engine.client.cli import documents
from engine.client.cli.board import STYLES, duration, line, when
from engine.client.cli.follow import follow
from engine.client.cli.many import batch_of, run_all
from engine.client.cli.session import DONE, FAILED, EngineOption, JsonOption, Session, session
from engine.client.cli.values import inputs_of, json_argument
from engine.client.definitions import Body, api_of, body_of
from engine.client.errors import AimError, Fault, WrongInput
from engine.client.shapes import TaskRow, TaskStatus

TaskId = Annotated[str, typer.Argument(metavar="TASK")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Save the binaries of the result here.")
]
WaitOption = Annotated[float | None, typer.Option("--wait", metavar="SECONDS", help="Wait no longer (exit code 4).")]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Print the id of the task and leave it alone.")]


class TaskState(StrEnum):
    """The status of a task."""

    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"


def run(
    context: typer.Context,
    route: Annotated[str, typer.Argument(metavar="ROUTE")],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="image=photo.jpg, areas=@areas.json, age=31")
    ] = None,
    whole: Annotated[str | None, typer.Option("--input", metavar="JSON", help="Inputs as JSON, or @file.")] = None,
    every: Annotated[
        str | None, typer.Option("--all", metavar="[FIELD=]PATTERN", help="A task for each file: 'photos/*.jpg'.")
    ] = None,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=256, help="Tasks at once, with --all.")] = 4,
    out: OutOption = None,
    wait: WaitOption = None,
    no_wait: NoWaitOption = False,
    key: Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key is the same task.")] = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a pipeline: show its progress, print its result."""
    shared = session(context, engine, as_json)
    if every is not None and (wait is not None or no_wait or key is not None):
        raise typer.BadParameter("--all goes with neither --wait, --no-wait nor --key")

    async def work(client: AsyncClient) -> int:
        body = await _body(client, route)
        with tempfile.TemporaryDirectory(prefix="aim-") as folder:
            values = inputs_of(body, inputs or [], whole, Path(folder))
            if every is not None:
                return await run_all(shared, client, batch_of(route, body, every, values), parallel, out)
            task = await client.submit(route, values, key)
        return await _follow_or_tell(shared, client, task.id, no_wait, out, wait)

    shared.run(work)


async def _body(client: AsyncClient, route: str) -> Body:
    """What a route takes. The error for an unknown one names the nearest."""
    try:
        return body_of(await client.service(route))
    except AimError as error:
        if error.status != 404:
            raise
        known = [str(api_of(each).get("route", "")) for each in await client.services()]
        near = difflib.get_close_matches(route, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else "`aim services` lists those that are open"
        raise AimError(404, error.title, f"there is no route `{route}`; {hint}") from None


async def _follow_or_tell(
    shared: Session, client: AsyncClient, task: str, no_wait: bool, out: Path | None, wait: float | None
) -> int:
    if not no_wait:
        return await follow(shared, client, task, out, wait)
    if shared.as_json:
        shared.show({"jobId": task})
    else:
        print(task)
    return DONE


def watch(
    context: typer.Context,
    task: Annotated[str | None, typer.Argument(metavar="[TASK]")] = None,
    out: OutOption = None,
    wait: WaitOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a task to its end, or without TASK every change of all tasks, as it comes."""
    shared = session(context, engine, as_json)
    if task is None and (out is not None or wait is not None):
        raise typer.BadParameter("--out and --wait need a TASK")

    async def work(client: AsyncClient) -> int:
        if task is not None:
            return await follow(shared, client, task, out, wait)
        await client.stats()
        shared.say((f"Changes at {client.engine}, until Ctrl-C", "dim"))
        async with aclosing(client.events()) as events:
            async for event in events:
                if shared.as_json:
                    shared.show({"event": event.name, "id": event.id, **event.data})
                else:
                    shared.write(*line(event, with_task=True))
        return DONE

    shared.run(work)


def retry(
    context: typer.Context,
    task: TaskId,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="NODE", help="A new task that begins here and keeps what was before."),
    ] = None,
    definition: Annotated[
        str | None, typer.Option("--definition", metavar="FILE", help="Another definition, with --from.")
    ] = None,
    changed: Annotated[
        str | None, typer.Option("--input", metavar="JSON", help="Other fields of its input (or @file), with --from.")
    ] = None,
    out: OutOption = None,
    wait: WaitOption = None,
    no_wait: NoWaitOption = False,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a failed task go on from its failed nodes, after a fix."""
    shared = session(context, engine, as_json)
    if from_ is None and (definition is not None or changed is not None):
        raise typer.BadParameter("--definition and --input need --from NODE")

    async def work(client: AsyncClient) -> int:
        document = _document(definition) if definition is not None else None
        values = json_argument("--input", changed) if changed is not None else None
        try:
            again = await client.retry(task, from_, document.value if document else None, values)
        except AimError as error:
            if document is None or not error.faults:
                raise
            documents.refused(shared, document, _within(error, "/definition"))
            return FAILED
        if again.id != task:
            shared.say((f"task {again.id} begins at {from_}", "dim"))
        return await _follow_or_tell(shared, client, again.id, no_wait, out, wait)

    shared.run(work)


def _within(error: AimError, place: str) -> AimError:
    """The error with pointers that begin at a place of what was sent."""
    faults = [Fault(fault.pointer.removeprefix(place), fault.detail) for fault in error.faults]
    return AimError(error.status, error.title, error.detail, faults)


def _document(path: str) -> documents.Document:
    try:
        return documents.read(path)
    except documents.Unreadable as error:
        raise WrongInput(f"{path}:{error.place.line}:{error.place.column}: {error.fault.detail}") from error


def cancel(context: typer.Context, task: TaskId, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """Stop a task."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        status = await client.cancel(task)
        shared.say(("✔ ", "green"), f"task {task} is cancelled")
        if shared.as_json:
            shared.show(status)
        return DONE

    shared.run(work)


def tasks(
    context: typer.Context,
    route: Annotated[str | None, typer.Option("--route", help="Only tasks of this route.")] = None,
    status: Annotated[TaskState | None, typer.Option("--status", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, newest first.")] = 20,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """List tasks, newest first."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        state: TaskStatus | None = status.value if status else None
        found = [row async for row in client.tasks(route, state, limit)]
        if shared.as_json:
            shared.show(found)
        else:
            shared.table(("TASK", "ROUTE", "STATUS", "CREATED", "TOOK"), [_task_row(row) for row in found])
        return DONE

    shared.run(work)


def _task_row(row: TaskRow) -> list[str | Text]:
    created = datetime.fromisoformat(row["created"])
    ended = row["ended"]
    took = duration((datetime.fromisoformat(ended) - created).total_seconds()) if ended else ""
    state = Text(row["status"], STYLES.get(row["status"], ""))
    return [row["jobId"], row["route"], state, when(row["created"]), took]


def raw(context: typer.Context, task: TaskId, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """Print all that is known of a task, as JSON."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        shared.show(await client.raw(task))
        return DONE

    shared.run(work)


def stats(context: typer.Context, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """Count the tasks, by status and by route."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        found = await client.stats()
        if shared.as_json:
            shared.show(found)
            return DONE
        counts = [(name, str(count)) for name, count in found["jobs"].items()]
        shared.table(("TASKS", ""), counts)
        shared.table(("ROUTE", "TASKS"), [(name, str(count)) for name, count in found["services"].items()])
        return DONE

    shared.run(work)
