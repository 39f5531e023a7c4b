"""`aim run ROUTE --all 'photos/*.jpg'`: one task for each file, several at once."""

import asyncio
import glob
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from engine.client.aio import AsyncClient
from engine.client.cli.board import duration
from engine.client.cli.session import DONE, FAILED, Session
from engine.client.cli.values import json_argument
from engine.client.definitions import Body
from engine.client.errors import AimError, TaskFailed, WrongInput
from engine.client.files import safe_name, with_paths


@dataclass(frozen=True, slots=True)
class Batch:
    """One task per file: the file is the field `field`, or with None the whole JSON body; `shared` goes to all."""

    route: str
    field: str | None
    files: tuple[Path, ...]
    shared: Mapping[str, Any]

    def inputs(self, file: Path) -> dict[str, Any]:
        """The inputs of one task."""
        if self.field is None:
            return {**self.shared, **json_argument(str(file), f"@{file}")}
        return {**self.shared, self.field: file}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one file."""

    file: Path
    seconds: float
    task: str | None = None
    result: Any = None
    paths: Mapping[str, Path] | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The line of it for `--json`."""
        told: dict[str, Any] = {"input": str(self.file), "jobId": self.task}
        if self.error is not None:
            return {**told, "status": "error", "message": self.error}
        files = {name: str(path) for name, path in (self.paths or {}).items()}
        return {**told, "status": "finished", "result": self.result, "files": files}


def batch_of(route: str, body: Body, chosen: str, shared: Mapping[str, Any]) -> Batch:
    """The batch that `[FIELD=]PATTERN` stands for. Raises WrongInput where the field is not clear or no file fits."""
    field, pattern = None, chosen
    if body.fields is not None:
        name, equals, rest = chosen.partition("=")
        if equals and name in body.fields:
            field, pattern = name, rest
        else:
            field = _only_field(body.fields, shared, pattern)
    files = tuple(Path(name) for name in sorted(glob.glob(pattern, recursive=True)) if Path(name).is_file())
    if not files:
        raise WrongInput(f"no file fits {pattern}")
    return Batch(route, field, files, shared)


def _only_field(fields: tuple[str, ...], shared: Mapping[str, Any], pattern: str) -> str:
    left = [name for name in fields if name not in shared]
    if len(left) == 1:
        return left[0]
    names = left or list(fields)
    raise WrongInput(
        f"the route takes {', '.join(fields)}: say which one the files are for, as in --all '{names[0]}={pattern}', "
        "and give the others"
    )


def folders(files: tuple[Path, ...], out: Path) -> dict[Path, Path]:
    """A folder of its own for the results of each file: its name without ending, as far as that tells them apart."""
    stems = Counter(file.stem.casefold() for file in files)
    taken: set[str] = set()
    chosen = {}
    for file in files:
        name = safe_name(file.stem if stems[file.stem.casefold()] == 1 else file.name)
        number, unique = 2, name
        while unique.casefold() in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique.casefold())
        chosen[file] = out / unique
    return chosen


async def run_all(session: Session, client: AsyncClient, batch: Batch, parallel: int, out: Path | None) -> int:
    """Run the tasks, so many at once, with one bar; tell the failures at the end. The exit code."""
    places = folders(batch.files, out) if out is not None else {}
    waiting = list(reversed(batch.files))
    failed: list[Ended] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]}"))
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    live = session.err.is_terminal and not session.as_json
    with Progress(*columns, *times, console=session.err, disable=not live) as progress:
        bar = progress.add_task(batch.route, total=len(batch.files), failed="")

        async def worker() -> None:
            while waiting:
                file = waiting.pop()
                ended = await _one(session, client, batch, file, places.get(file))
                if ended.error is not None:
                    failed.append(ended)
                _tell(session, ended, live)
                told = f"[red]{len(failed)} failed" if failed else ""
                progress.update(bar, advance=1, failed=told)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(parallel, len(batch.files))):
                group.create_task(worker())
    _summary(session, len(batch.files), failed)
    return FAILED if failed else DONE


async def _one(session: Session, client: AsyncClient, batch: Batch, file: Path, place: Path | None) -> Ended:
    begin = asyncio.get_running_loop().time()
    task = None
    try:
        task = (await client.submit(batch.route, batch.inputs(file))).id
        session.tasks[task] = None
        result = await client.result(task)
        session.tasks.pop(task, None)
        paths = await _save(client, task, result, place) if place is not None else {}
    except (AimError, OSError) as error:
        if task is not None and isinstance(error, TaskFailed):
            session.tasks.pop(task, None)
        return Ended(file, asyncio.get_running_loop().time() - begin, task, error=str(error))
    return Ended(file, asyncio.get_running_loop().time() - begin, task, result, paths)


async def _save(client: AsyncClient, task: str, result: Any, folder: Path) -> dict[str, Path]:
    """The binaries of a result in a folder, and beside them `result.json`, which names them."""
    paths = await client.save(task, folder, result)
    folder.mkdir(parents=True, exist_ok=True)
    names = {path.name.casefold() for path in paths.values()}
    document = folder / ("result.json" if "result.json" not in names else "result.task.json")
    local = with_paths(result, task, {name: path.name for name, path in paths.items()})
    document.write_text(json.dumps(local, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return paths


def _tell(session: Session, ended: Ended, live: bool) -> None:
    if session.as_json:
        session.show(ended.as_json())
    elif not live:
        mark = ("✔ ", "green") if ended.error is None else ("✘ ", "red")
        session.say(mark, str(ended.file), f"  {duration(ended.seconds)}")


def _summary(session: Session, total: int, failed: list[Ended]) -> None:
    session.say(("✔ ", "green"), f"{total - len(failed)} of {total} finished")
    if failed:
        session.say(("✘ ", "red"), f"{len(failed)} failed:")
    for ended in sorted(failed, key=lambda each: each.file):
        session.say("  ", (str(ended.file), "bold"), f"  {ended.error}")
        if ended.task is not None:
            session.say((f"    `aim retry {ended.task}` goes on after a fix", "dim"))
