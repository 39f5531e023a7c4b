"""The Procfile: which programs make up the system on one machine, one `name: command` per line.

Understood is the part of the shell's language that a Procfile needs, so that other runners read the same file:
`NAME=value` before the command, quotes, `$NAME`, `${NAME}` and `${NAME:-default}`. No shell is started, so signals go
straight to the program.
"""

import re
import shlex
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiservice.testing import free_port

_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")
_ASSIGNMENT = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
_PORT = "APP_PORT"


class ProcfileError(Exception):
    """The Procfile, or the machine as it is, does not allow to start; the text says what to change."""


@dataclass(frozen=True)
class Program:
    """One program: its arguments, and what is added to its environment.

    `port` is where it will listen, `port_variable` the variable that moves it elsewhere.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    port_variable: str | None

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return f"http://127.0.0.1:{self.port}"


def expand(word: str, variables: Mapping[str, str]) -> str:
    """Replace variables by their values; one that is not set, or empty, by its default."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(3)
        return variables.get(name) or match.group(2) or ""

    return _VARIABLE.sub(value, word)


def _program(name: str, command: str, variables: Mapping[str, str]) -> Program:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ProcfileError(f"Procfile: {name}: {error}") from error
    raw: dict[str, str] = {}
    while words and (assignment := _ASSIGNMENT.match(words[0])):
        raw[assignment.group(1)] = assignment.group(2)
        words.pop(0)
    if not words:
        raise ProcfileError(f"Procfile: {name} has no command")
    environment = {key: expand(word, variables) for key, word in raw.items()}
    port = environment.get(_PORT, "")
    if not (port.isdecimal() and 0 < int(port) < 65_536):
        raise ProcfileError(f"Procfile: {name} needs {_PORT} with a port from 1 to 65535, and has {port or 'none'}")
    variable = _VARIABLE.fullmatch(raw[_PORT])
    return Program(
        name,
        tuple(expand(word, variables) for word in words),
        environment,
        int(port),
        variable and (variable.group(1) or variable.group(3)),
    )


def parse(text: str, variables: Mapping[str, str]) -> list[Program]:
    """Read a Procfile. Raises `ProcfileError`, which names the line, where it cannot be understood."""
    programs: dict[str, Program] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise ProcfileError(f"Procfile, line {number}: write `name: command`")
        if match.group(1) in programs:
            raise ProcfileError(f"Procfile, line {number}: the name {match.group(1)} is there twice")
        programs[match.group(1)] = _program(match.group(1), match.group(2), variables)
    if not programs:
        raise ProcfileError("Procfile: there is nothing to start")
    return list(programs.values())


def parse_env(text: str) -> dict[str, str]:
    """Read a `.env` file: `NAME=value` per line, `#` begins a comment, quotes are taken off."""
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ProcfileError(f".env, line {number}: {error}") from error
        assignment = _ASSIGNMENT.match(words[-1]) if words else None
        if assignment:
            variables[assignment.group(1)] = assignment.group(2)
    return variables


def free_ports(programs: Iterable[Program]) -> dict[str, str]:
    """Return variables that give every program a port of its own, reserved until this process ends."""
    ports: dict[str, str] = {}
    for program in programs:
        if program.port_variable is None:
            raise ProcfileError(f"Procfile: {_PORT} of {program.name} is fixed; write ${{NAME:-{program.port}}}")
        ports[program.port_variable] = str(free_port())
    return ports


def require_free(programs: Iterable[Program]) -> None:
    """Raise `ProcfileError` where a port is in use, with a sentence that says what to do."""
    taken = []
    for program in programs:
        try:
            socket.create_server(("127.0.0.1", program.port)).close()
        except OSError as error:
            other = f", or choose another one: {program.port_variable}=... make run" if program.port_variable else ""
            taken.append(f"port {program.port}, which {program.name} needs, cannot be used ({error.strerror})")
            taken[-1] += f": stop what uses it{other}"
    if taken:
        raise ProcfileError("\n".join(taken))
