"""Commands for API keys: create, list, revoke."""

import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from engine.client.aio import AsyncClient
from engine.client.cli.board import when
from engine.client.cli.session import DONE, EngineOption, JsonOption, session
from engine.client.shapes import Json

keys = typer.Typer(name="keys", help="Make, list and revoke API keys. Needs a key with the scope admin.")

_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhdwy])")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_STYLES = {"good": "green", "expired": "yellow", "revoked": "red"}

Name = Annotated[str, typer.Option("--name", help="What the key is for.")]
Owner = Annotated[str, typer.Option("--owner", help="Whom the tasks and pipelines belong to that its bearer makes.")]
Scopes = Annotated[
    list[str], typer.Option("--scope", help="What it allows: read, submit, author, service, admin. May be repeated.")
]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="SPAN|TIME", help="90d, 12h, 2w, 1y, or a time. By default never.")
]
Running = Annotated[int | None, typer.Option("--running", help="How many tasks may run at once.")]
PerSecond = Annotated[float | None, typer.Option("--per-second", help="How many requests it may send in a second.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the key to a new file of mode 0600.")]


@keys.command()
def create(
    context: typer.Context,
    name: Name,
    owner: Owner,
    scope: Scopes,
    expires: Expires = None,
    running: Running = None,
    per_second: PerSecond = None,
    out: Out = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is printed this once; the engine keeps a digest of it only."""
    shared = session(context, engine, as_json)
    end = None if expires is None else end_of(expires, datetime.now(UTC))

    async def work(client: AsyncClient) -> int:
        async def make() -> Json:
            return await client.keys.make(name, owner, scope, end, running, per_second)

        made = await make() if out is None else await _into(out, make)
        if shared.as_json:
            shared.show(made)
            return DONE
        shared.say(("✔ ", "green"), (str(made["id"]), "bold"), f"  {name}, of {owner}: {', '.join(scope)}")
        if out is None:
            shared.write(str(made["key"]))
            shared.say("  It is not shown again.")
        return DONE

    shared.run(work)


@keys.command("list")
def list_keys(context: typer.Context, engine: EngineOption = None, as_json: JsonOption = False) -> None:
    """List all keys, also those that were revoked or have expired."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        found = await client.keys.all()
        if shared.as_json:
            shared.show(found)
        else:
            heads = ("ID", "STATE", "OWNER", "SCOPES", "CREATED", "EXPIRES", "NAME")
            shared.table(heads, [_row(each) for each in found])
        return DONE

    shared.run(work)


@keys.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id, as `aim keys list` shows it.")],
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke a key: from now on nobody comes in with it."""
    shared = session(context, engine, as_json)

    async def work(client: AsyncClient) -> int:
        revoked = await client.keys.revoke(key_id)
        shared.say(("✔ ", "green"), (key_id, "bold"), f"  revoked: {revoked.get('name')}, of {revoked.get('owner')}")
        if shared.as_json:
            shared.show(revoked)
        return DONE

    shared.run(work)


def end_of(text: str, now: datetime) -> str:
    """A span from now (`90d`), or a time (UTC where it names no zone), as RFC 3339. Raises typer.BadParameter."""
    span = _SPAN.fullmatch(text)
    try:
        if span is not None:
            return (now + timedelta(seconds=int(span[1]) * _UNITS[span[2]])).isoformat(timespec="seconds")
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither a span as 90d, 12h, 2w, 1y, nor a time as 2030-12-31") from None
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).isoformat()


async def _into(out: Path, make: Callable[[], Awaitable[Json]]) -> Json:
    """Make a key into a new file that only its owner reads; what is told of it names the file in place of the key.

    The file is made first: a key that cannot be written is not made. Raises OSError where there is a file already.
    """
    with os.fdopen(os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        try:
            made = await make()
            file.write(f"{made['key']}\n")
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    return {**made, "key": str(out)}


def _row(key: Json) -> list[str | Text]:
    state = str(key.get("state", ""))
    times = [when(str(key[name])) if key.get(name) else "never" for name in ("created", "expires")]
    scopes = ", ".join(map(str, key.get("scopes", [])))
    told = Text(state, _STYLES.get(state, ""))
    return [str(key.get("id", "")), told, str(key.get("owner", "")), scopes, *times, str(key.get("name", ""))]
