"""What all commands share: the engine, the two outputs, and how a command ends.

Results go to standard output, everything else (progress, messages, errors) to standard error. With `--json` standard
output holds JSON alone and standard error nothing but an error, as JSON.
"""

import asyncio
import json
import os
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from engine.client.aio import DEFAULT_ENGINE, AsyncClient
from engine.client.calls import Policy
from engine.client.cli.pretty import pretty
from engine.client.errors import AimError, StillRunning, Unreachable, WrongInput
from engine.client.keys import VARIABLE

DONE, FAILED, USAGE, AWAY, RUNNING, INTERRUPTED = 0, 1, 2, 3, 4, 130

EngineOption = Annotated[
    str | None,
    typer.Option("--engine", metavar="URL", help=f"The engine. By default $AIM_ENGINE, or {DEFAULT_ENGINE}."),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="A file with the API key. By default the key is $AIM_KEY."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@dataclass(frozen=True, slots=True)
class Globals:
    """The options that may stand before the command."""

    engine: str | None = None
    as_json: bool = False
    key_file: Path | None = None


def clean(text: str) -> str:
    """Text of others without what would command a terminal."""
    return "".join(
        each if each in "\n\t" or unicodedata.category(each) != "Cc" else "\N{REPLACEMENT CHARACTER}" for each in text
    )


@dataclass
class Session:
    """One run of one command. `tasks` are those that go on if it is interrupted."""

    engine: str
    as_json: bool
    key_file: Path | None = None
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True))
    tasks: dict[str, None] = field(default_factory=dict)

    def run(self, work: Callable[[AsyncClient], Awaitable[int]]) -> None:
        """Do the work with a client, and end the command with the exit code that it returns, or that of its error."""

        async def working() -> int:
            # A wrong address is told at once; an engine that was there is waited for.
            async with AsyncClient(self.engine, policy=Policy(first_retries=1), key=self._key()) as client:
                return await work(client)

        try:
            code = asyncio.run(working())
        except AimError as error:
            self.complain(error)
            code = exit_code(error)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            self.complain(AimError(0, "Cannot read or write", str(error)))
            code = FAILED
        except KeyboardInterrupt:
            self._interrupted()
            code = INTERRUPTED
        raise typer.Exit(code)

    def _key(self) -> str | None:
        """The key of the file that was named. Raises OSError, AimError."""
        if self.key_file is None:
            return None
        try:
            return self.key_file.read_text("ascii")
        except UnicodeDecodeError:
            raise AimError(0, "Wrong key", f"{self.key_file} holds no key") from None

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A line for people, on standard error; a part may bear a style. Silent with `--json`."""
        if not self.as_json:
            self.err.print(styled(*parts))

    def write(self, *parts: str | tuple[str, str]) -> None:
        """A line of results, on standard output."""
        self.out.print(styled(*parts))

    def complain(self, error: AimError) -> None:
        """Tell an error."""
        if self.as_json:
            told: dict[str, Any] = {"status": error.status, "title": error.title, "detail": error.detail}
            if error.faults:
                told["errors"] = [{"pointer": each.pointer, "detail": each.detail} for each in error.faults]
            self.err.print(json.dumps(told), markup=False)
            return
        self.err.print(styled(("error: ", "bold red"), error.detail))
        if error.status == httpx.codes.UNAUTHORIZED:
            self.err.print(f"  Set {VARIABLE}, or name a file with the key: `aim --key-file FILE ...`.")
        for fault in error.faults:
            self.err.print(styled("  ", (fault.pointer or "/", "cyan"), f"  {fault.detail}"))

    def show(self, value: Any) -> None:
        """A value as JSON on standard output: with `--json` on one line, else for people, on a terminal in colours."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False), flush=True)
        elif self.out.is_terminal:
            self.out.print(JSONHighlighter()(Text(clean(pretty(value)))))
        else:
            print(clean(pretty(value)), flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
        """Rows on standard output: a table on a terminal, elsewhere lines of cells with tabs between them."""
        if not self.out.is_terminal:
            for row in rows:
                print("\t".join(_flat(str(cell)) for cell in row), flush=True)
            return
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
        for index, head in enumerate(heads):
            last = index == len(heads) - 1
            table.add_column(head, overflow="fold" if last else "ellipsis", no_wrap=not last)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
        self.out.print(table, soft_wrap=False)

    def _interrupted(self) -> None:
        if self.as_json:
            self.err.print(json.dumps({"title": "Interrupted", "running": list(self.tasks)}), markup=False)
            return
        self.err.print(styled(("Interrupted.", "yellow")))
        for task in self.tasks:
            self.err.print(f"Task {task} goes on: `aim watch {task}` follows it, `aim cancel {task}` stops it.")


def session(context: typer.Context, engine: str | None, as_json: bool) -> Session:
    """The session of a command; its own options go before those that stand before the command."""
    given = context.obj if isinstance(context.obj, Globals) else Globals()
    url = engine or given.engine or os.environ.get("AIM_ENGINE") or DEFAULT_ENGINE
    return Session(url, as_json or given.as_json, given.key_file)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Text of parts, some with a style."""
    text = Text()
    for part in parts:
        words, style = part if isinstance(part, tuple) else (part, "")
        text.append(clean(words), style)
    return text


def exit_code(error: AimError) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, StillRunning):
        return RUNNING
    if isinstance(error, WrongInput):
        return USAGE
    if isinstance(error, Unreachable) or error.status >= 500 or error.status == 429:
        return AWAY
    return FAILED


def _flat(text: str) -> str:
    return " ".join(clean(text).split())
