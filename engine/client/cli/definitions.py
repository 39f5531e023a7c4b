"""Commands for definitions: services, push, check, versions, delete."""

from typing import Annotated, Any

import typer
from rich.text import Text

from engine.client.aio import AsyncClient
from engine.client.cli import documents
from engine.client.cli.board import when
from engine.client.cli.session import DONE, FAILED, EngineOption, JsonOption, Session, exit_code, session
from engine.client.definitions import api_of, route_of
from engine.client.errors import AimError
from engine.client.shapes import Json

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files with definitions, or patterns.")]
Route = Annotated[str, typer.Argument(metavar="ROUTE")]


def services(context: typer.Context, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """List the open routes, and what each takes."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        found = await client.services()
        if shared.as_json:
            shared.show(found)
        else:
            shared.table(("ROUTE", "TYPE", "TAKES", "STATE", "SUMMARY"), [_service_row(each) for each in found])
        return DONE

    shared.run(work)


def _service_row(definition: Json) -> list[str | Text]:
    api, state = api_of(definition), definition.get("state", {})
    away, instances = state.get("away", []), state.get("instances")
    if away:
        told = Text(f"waits for {', '.join(away)}", "yellow")
    elif instances is not None:
        alive = sum(1 for each in instances if each.get("alive"))
        told = Text(f"{alive} instance{'s' * (alive != 1)}", "green" if alive else "red")
    else:
        told = Text(f"version {state.get('version', 1)}")
    route = Text(str(api.get("route", "")), "bold")
    return [route, str(definition.get("type", "")), takes(api.get("body")), told, str(api.get("summary") or "")]


def takes(body: Any) -> str:
    """What a route takes, in a few words: the fields of a form, or `{keys}` of an object."""
    if isinstance(body, dict):
        return "{" + ", ".join(body) + "}"
    return ", ".join(map(str, body)) if isinstance(body, list) else str(body)


def push(
    context: typer.Context,
    files: Files,
    replace: Annotated[bool, typer.Option("--replace", help="Make a new version where the route is taken.")] = False,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store pipelines and open their routes."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        told: list[Json] = []
        code = DONE
        for path in documents.expand(files):
            outcome, one_code = await _push(shared, client, path, replace)
            told.append({"file": path, **outcome})
            code = max(code, one_code)
        if shared.as_json:
            shared.show(told)
        return code

    shared.run(work)


async def _push(shared: Session, client: AsyncClient, path: str, replace: bool) -> tuple[Json, int]:
    try:
        document = documents.read(path)
    except documents.Unreadable as error:
        faults = documents.report_unreadable(error)
        documents.show_faults(shared, path, faults)
        return {"errors": faults}, FAILED
    before = await _version(client, route_of(document.value))
    try:
        state = (await client.push(document.value, replace))["state"]
    except AimError as error:
        if error.status < 400:
            raise
        documents.refused(shared, document, error)
        hint = "`aim push --replace` makes a new version of it" if error.status == 409 and not replace else ""
        shared.say(f"  {hint}") if hint else None
        faults = documents.report(document, list(error.faults))
        return {"status": error.status, "detail": error.detail, "errors": faults}, exit_code(error)
    what = "new" if before is None else "unchanged" if before == state["version"] else "new version"
    if not shared.as_json:
        version = "" if what == "new" else f" ({state['version']})"
        shared.say(("✔ ", "green"), (state["route"], "bold"), f"  {what}{version}  {state['url']}")
    return {"route": state["route"], "outcome": what, "version": state["version"], "url": state["url"]}, DONE


async def _version(client: AsyncClient, route: str | None) -> int | None:
    """The version of a route that is open; None for one that is not."""
    try:
        return int((await client.service(route))["state"]["version"]) if route else None
    except AimError as error:
        if error.status != 404:
            raise
        return None


def check(context: typer.Context, files: Files, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """Find every fault of definitions, and store nothing."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        told = []
        for path in documents.expand(files):
            faults = await _faults(client, path)
            told.append({"file": path, "ok": not faults, "faults": faults})
            count = f"{len(faults)} fault{'s' * (len(faults) > 1)}" if faults else "no fault"
            shared.say(("✘ ", "red") if faults else ("✔ ", "green"), (path, "bold"), f"  {count}")
            documents.show_faults(shared, path, faults)
        if shared.as_json:
            shared.show(told)
        return DONE if all(each["ok"] for each in told) else FAILED

    shared.run(work)


async def _faults(client: AsyncClient, path: str) -> list[Json]:
    try:
        document = documents.read(path)
    except documents.Unreadable as error:
        return documents.report_unreadable(error)
    return documents.report(document, await client.check(document.value))


def versions(context: typer.Context, route: Route, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """List the versions of a pipeline."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        found = await client.versions(route)
        if shared.as_json:
            shared.show(found)
        else:
            shared.table(("VERSION", "CREATED", "STATE", "NODES"), [_version_row(each) for each in found])
        return DONE

    shared.run(work)


def _version_row(version: Json) -> list[str | Text]:
    is_open = bool(version.get("open"))
    nodes = ", ".join(str(node.get("id")) for node in version.get("nodes", []))
    created = when(version["created"]) if version.get("created") else ""
    return [str(version.get("version", "")), created, Text("open", "green") if is_open else Text("old", "dim"), nodes]


def delete(context: typer.Context, route: Route, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """Close a route; running tasks finish."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        await client.delete(route)
        shared.say(("✔ ", "green"), (route, "bold"), "  closed")
        if shared.as_json:
            shared.show({"route": route, "open": False})
        return DONE

    shared.run(work)
