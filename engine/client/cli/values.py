"""Inputs as they are written on a command line: `name=value`."""

import difflib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.client.definitions import Body
from engine.client.errors import WrongInput
from engine.client.inputs import Upload

_TYPE = ";type="


def inputs_of(body: Body, pairs: Sequence[str], whole: str | None, folder: Path) -> dict[str, Any]:
    """The inputs that `name=value` pairs stand for, upon those of `whole` (JSON, or `@file` of it).

    In a form a value is JSON (`{...}`, `[...]`, `"..."`, a number), or the name of a file; `@file` is a file in any
    case (JSON by its ending `.json`), `@-` standard input, and `;type=image/png` behind it sets the media type. For an
    object a value is text where the example holds a text, else JSON; `@file` is what the file holds.

    What comes from standard input is kept in `folder`. Raises WrongInput.
    """
    inputs = {} if whole is None else _object(_json("--input", _text(whole)))
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongInput(f"{pair!r} is no input; write name=value, such as {_suggestion(body)}")
        inputs[name] = _field(name, value, folder) if body.fields is not None else _member(body, name, value)
    return inputs


def json_argument(name: str, text: str) -> dict[str, Any]:
    """An option that is a JSON object, or `@file` of one. Raises WrongInput."""
    return _object(_json(name, _text(text)))


def _suggestion(body: Body) -> str:
    if body.fields is not None:
        return f"{body.fields[0]}=FILE"
    return f"{next(iter(body.example), 'name')}=VALUE"


def _field(name: str, value: str, folder: Path) -> Any:
    if value.startswith("@"):
        return _file(name, value[1:], folder)
    if value[:1] in ("{", "[", '"'):
        return _json(name, value)
    if Path(value).is_file():
        return Path(value)
    try:
        return json.loads(value)
    except ValueError:
        pass
    near = _nearest(Path(value))
    hint = f"; did you mean {near}?" if near else f"""; a text is written as {name}='"..."'"""
    raise WrongInput(f"{name}: there is no file {value}{hint}")


def _file(name: str, value: str, folder: Path) -> Any:
    path_text, _, kind = value.partition(_TYPE)
    path = _standard_input(name, folder) if path_text == "-" else Path(path_text)
    if not path.is_file():
        near = _nearest(path)
        raise WrongInput(f"{name}: there is no file {path_text}{f'; did you mean {near}?' if near else ''}")
    if kind == "application/json" or (not kind and path.suffix == ".json"):
        return _json(name, _read(path))
    return Upload(path, type=kind or None)


def _member(body: Body, name: str, value: str) -> Any:
    example = body.example.get(name)
    if value.startswith("@"):
        value = _text(value)
    if isinstance(example, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        if example is None:
            return value
        raise WrongInput(
            f"{name}: {value!r} is no JSON; the route takes something like {json.dumps(example)}"
        ) from None


def _standard_input(name: str, folder: Path) -> Path:
    path = folder / name.replace("/", "_")
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def _text(value: str) -> str:
    return _read(Path(value[1:])) if value.startswith("@") else value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise WrongInput(f"{name}: this is not JSON: {error}") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongInput("--input: an object is wanted, with a value for each input")
    return value


def _nearest(path: Path) -> str | None:
    """A file beside that has nearly this name."""
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return None
    found = difflib.get_close_matches(path.name, names, 1)
    return str(path.parent / found[0]) if found else None
