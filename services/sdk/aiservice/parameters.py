"""What an operation takes, as its type hints say, and how what was received becomes its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter as Declared
from inspect import signature
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from aiservice import values
from aiservice.errors import Fault, Problem
from aiservice.files import File, Held
from aiservice.hints import Kind, keys_of, kind_of, model_of, takes_text, text_key_of
from aiservice.protocol import DATA_PART

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Field:
    """A JSON field of a form as it came in: its bytes, and whether the sender said that they are JSON."""

    raw: bytes
    is_json: bool


@dataclass(slots=True)
class Received:
    """What a request held: binaries, JSON fields that came by themselves, the object of `data`, names of other parts.

    A call `from_engine` may hold more than the operation takes: all that a pipeline's node had. In direct use that is a
    mistake that is told.
    """

    files: dict[str, File | Held]
    fields: dict[str, Field]
    data: dict[str, Any]
    unknown: list[str]
    from_engine: bool


class Parameter:
    """One parameter of an operation."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        self.name = name
        self.required = default is Declared.empty
        self.kind: Kind = kind_of(hint)
        self.adapter: TypeAdapter[Any] = TypeAdapter(Any if self.is_binary else hint)
        self.model = model_of(hint) if self.kind == "model" else None
        self.keys = keys_of(self.model) if self.model else {name}
        self._text_key = text_key_of(self.model, name) if self.model else None
        self._takes_text = takes_text(self._text_hint(hint))

    @property
    def is_binary(self) -> bool:
        """Whether a file comes in for it."""
        return self.kind in ("file", "image_file", "image_array")

    def _text_hint(self, hint: Any) -> Any:
        """Return the type that a plain text of this parameter has to fit."""
        if self.model is None or self._text_key is None:
            return hint
        fields = self.model.model_fields
        return next(field.annotation for key, field in fields.items() if (field.alias or key) == self._text_key)

    def from_field(self, field: Field) -> list[Any]:
        """Return what a field of this name may mean, best first. Raises Problem (400): no JSON where it must be."""
        try:
            value = values.parse(field.raw, self.name)
        except Problem:
            if not self._is_text(field):
                raise
            return [self._of_text(field)]
        if self.model is not None:
            return self._of_model(field, value)
        if isinstance(value, dict) and set(value) == {self.name}:
            return [value[self.name], value]
        return [value] if field.is_json else [value, _text(field.raw, self.name)]

    def _is_text(self, field: Field) -> bool:
        """Tell whether a field that is no JSON may be meant as a text: neither a broken object, list or number."""
        if field.is_json:
            return False
        if self.model is not None and (self._text_key is None or field.raw.lstrip()[:1] in (b"{", b"[")):
            return False
        return self._takes_text or not _is_number(field.raw)

    def _of_text(self, field: Field) -> Any:
        text = _text(field.raw, self.name)
        return text if self._text_key is None else {self._text_key: text}

    def _of_model(self, field: Field, value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [value]
        if self._text_key is not None and not isinstance(value, list):
            wrapped = {self._text_key: value}
            return [wrapped, self._of_text(field)] if self._takes_text and not field.is_json else [wrapped]
        return [{self.name: value} if self.name in self.keys else value]

    def from_data(self, data: dict[str, Any]) -> Any:
        """Return this parameter's value out of the merged object, or _MISSING where nothing there belongs to it."""
        if self.model is None:
            return data.get(self.name, _MISSING)
        nested = data.get(self.name)
        if isinstance(nested, dict) and self.name not in self.keys:
            return nested
        if self.model.model_config.get("extra") == "allow":
            return data
        found = {key: data[key] for key in self.keys if key in data}
        return found if found or self.required else _MISSING

    def validate(self, candidates: list[Any]) -> Any:
        """Return the typed value of the first candidate that fits. Raises the first one's ValidationError."""
        first: ValidationError | None = None
        for candidate in candidates:
            try:
                return self.adapter.validate_python(candidate)
            except ValidationError as error:
                first = first or error
        assert first is not None
        raise first


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"{name}: the text is not UTF-8") from error


def _is_number(raw: bytes) -> bool:
    """Tell whether it is a number as Python reads them: those that JSON does not know (NaN, 1_000) too."""
    try:
        float(raw)
    except ValueError:
        return False
    return True


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """Return the parameters of an operation. Raises TypeError where one has no type, or cannot be given by name."""
    hints = get_type_hints(function, include_extras=True)
    found = []
    for name, declared in signature(function).parameters.items():
        if declared.kind not in (Declared.POSITIONAL_OR_KEYWORD, Declared.KEYWORD_ONLY):
            raise TypeError(f"{function.__qualname__}: the parameter {name!r} cannot be given by name")
        if name not in hints:
            raise TypeError(f"{function.__qualname__}: the parameter {name!r} needs a type")
        found.append(Parameter(name, hints[name], declared.default))
    if any(p.name == DATA_PART for p in found if p.is_binary):
        raise TypeError(f"{function.__qualname__}: a binary cannot be called {DATA_PART!r}: that part holds JSON")
    return found


def bind(parameters: list[Parameter], received: Received) -> dict[str, Any]:
    """Return the arguments: files as File, JSON as typed values; what was not sent is left to its default.

    Raises Problem (422) with one fault for each thing that is wrong, or 400 where a JSON field cannot be read.
    """
    faults: list[Fault] = [] if received.from_engine else _unknown(parameters, received)
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.is_binary:
            _bind_file(parameter, received, arguments, faults)
        else:
            _bind_value(parameter, received, arguments, faults)
    if faults:
        detail = faults[0].message if len(faults) == 1 else f"{len(faults)} things are wrong: {faults[0].message}"
        raise Problem(422, detail, faults)
    return arguments


def _unknown(parameters: list[Parameter], received: Received) -> list[Fault]:
    names = [parameter.name for parameter in parameters]
    faults = [_no_such(name, names) for name in received.unknown]
    if not any(parameter.model and parameter.model.model_config.get("extra") == "allow" for parameter in parameters):
        keys = sorted({key for p in parameters if not p.is_binary for key in (*p.keys, p.name)})
        faults += [_no_such(key, keys) for key in received.data if key not in keys]
    return faults


def _no_such(name: str, known: list[str]) -> Fault:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}"
    pointer = name.replace("~", "~0").replace("/", "~1")
    return Fault(f"/{pointer}", f"{name}: there is no such field; {hint}")


def _bind_file(parameter: Parameter, received: Received, arguments: dict[str, Any], faults: list[Fault]) -> None:
    name = parameter.name
    file = received.files.get(name)
    if file is None:
        if parameter.required:
            faults.append(Fault(f"/{name}", f"{name}: a file is missing; send it as the multipart field {name!r}"))
    elif file.size == 0:
        faults.append(Fault(f"/{name}", f"{name}: the file is empty"))
    else:
        arguments[name] = file


def _bind_value(parameter: Parameter, received: Received, arguments: dict[str, Any], faults: list[Fault]) -> None:
    name = parameter.name
    if name in received.fields:
        candidates = parameter.from_field(received.fields[name])
    else:
        candidates = [parameter.from_data(received.data)]
    if candidates == [_MISSING]:
        if parameter.required:
            faults.append(Fault(f"/{name}", f"{name}: a value is missing"))
        return
    try:
        arguments[name] = parameter.validate(candidates)
    except ValidationError as error:
        faults.extend(_faults_of(name, error))


def _faults_of(name: str, error: ValidationError) -> list[Fault]:
    faults = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(step) for step in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        where = place if place.split(".")[0] == name else f"{name}.{place}" if place else name
        pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in (name, *item["loc"]))
        faults.append(Fault(f"/{pointer}", f"{where}: {message[:1].lower()}{message[1:]}"))
    return faults
