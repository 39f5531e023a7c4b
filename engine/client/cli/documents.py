"""Files with definitions: reading them, and showing what is wrong with them where it is wrong."""

import glob
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.client.cli.pointers import Place, locate, place_at
from engine.client.cli.session import Session
from engine.client.errors import AimError, Fault, WrongInput

_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Document:
    """A file and what it holds."""

    path: str
    text: str
    value: dict[str, Any]


class Unreadable(Exception):
    """A file that holds no JSON object: `fault` says why, `place` where."""

    def __init__(self, path: str, text: str, fault: Fault, place: Place) -> None:
        super().__init__(fault.detail)
        self.path, self.text, self.fault, self.place = path, text, fault, place


def expand(patterns: list[str]) -> list[str]:
    """The files that are named, patterns that the shell has left as they are among them. Raises WrongInput for none."""
    paths: list[str] = []
    for pattern in patterns:
        found = [pattern] if Path(pattern).exists() else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise WrongInput(f"there is no file {pattern}")
        paths += found
    return paths


def read(path: str) -> Document:
    """A definition. Raises Unreadable, WrongInput where the file itself cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise WrongInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WrongInput(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = place_at(text, error.pos)
        raise Unreadable(path, text, Fault("", f"this is not JSON: {error.msg}"), place) from error
    except RecursionError:
        raise Unreadable(path, text, Fault("", "this is nested too deep"), place_at(text, 0)) from None
    if not isinstance(value, dict):
        raise Unreadable(path, text, Fault("", "a definition is an object"), place_at(text, 0))
    return Document(path, text, value)


def report(document: Document, faults: list[Fault]) -> list[dict[str, Any]]:
    """The faults with their places, as `--json` shows them."""
    return [_as_json(fault, locate(document.text, fault.pointer)) for fault in faults]


def report_unreadable(error: Unreadable) -> list[dict[str, Any]]:
    """The same for a file that holds no definition."""
    return [_as_json(error.fault, error.place)]


def show_faults(session: Session, path: str, faults: list[dict[str, Any]]) -> None:
    """Each fault with the line that it points to."""
    for fault in faults:
        place = f"{path}:{fault['line']}:{fault['column']}"
        session.say((place, "bold"), (f"  {fault['pointer'] or '/'}", "cyan"))
        text, column = _shortened(fault["text"], fault["column"])
        margin = f"{fault['line']:>6} │ "
        session.say((margin, "dim"), text)
        session.say((" " * 6 + " │ ", "dim"), " " * (column - 1), ("^ ", "bold red"), (fault["detail"], "red"))


def refused(session: Session, document: Document, error: AimError) -> None:
    """Tell why the engine takes no definition: with the lines where it names places in it."""
    session.say(("✘ ", "red"), (document.path, "bold"), f"  {error.detail}")
    show_faults(session, document.path, report(document, list(error.faults)))


def _as_json(fault: Fault, place: Place) -> dict[str, Any]:
    told = {"pointer": fault.pointer, "detail": fault.detail, "line": place.line, "column": place.column}
    return {**told, "text": place.text}


def _shortened(text: str, column: int) -> tuple[str, int]:
    """A line of bearable length around a column; tabs are one space wide, so that the mark stands right."""
    flat = text.replace("\t", " ")
    start = max(0, column - _WIDEST // 2) if len(flat) > _WIDEST else 0
    return flat[start : start + _WIDEST], column - start
