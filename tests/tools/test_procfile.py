"""How a Procfile is read, and what is said about ports."""

import socket

import pytest

from tools.layout import PROCFILE
from tools.procfile import ProcfileError, free_ports, parse, parse_env, require_free

LINE = "web: APP_PORT=${WEB_PORT:-8123} FOLDER='my data' $PYTHON -m web --at=${HOST}\n"


def test_variables_defaults_quotes_and_assignments() -> None:
    [program] = parse("# a comment\n\n" + LINE, {"PYTHON": "python3", "HOST": "here"})
    assert program.name == "web"
    assert program.arguments == ("python3", "-m", "web", "--at=here")
    assert program.environment == {"APP_PORT": "8123", "FOLDER": "my data"}
    assert (program.port, program.port_variable, program.url) == (8123, "WEB_PORT", "http://127.0.0.1:8123")


def test_a_variable_comes_before_its_default_unless_it_is_empty() -> None:
    assert parse(LINE, {"WEB_PORT": "9000", "PYTHON": "x"})[0].port == 9000
    assert parse(LINE, {"WEB_PORT": "", "PYTHON": "x"})[0].port == 8123


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to start"),
        ("web python3", "line 1: write `name: command`"),
        ("a: APP_PORT=1 x\na: APP_PORT=2 x", "line 2: the name a is there twice"),
        ("web: APP_PORT=1", "web has no command"),
        ("web: python3 -m web", "web needs APP_PORT"),
        ("web: APP_PORT=http python3", "web needs APP_PORT with a port from 1 to 65535, and has http"),
        ("web: APP_PORT=70000 python3", "and has 70000"),
        ("web: APP_PORT=1 python3 'x", "web"),
    ],
)
def test_faults_are_named(text: str, message: str) -> None:
    with pytest.raises(ProcfileError, match=message):
        parse(text, {})


def test_env_file() -> None:
    text = "# comment\nA=1\n B = 2\nexport C='x y' # why\n\nD=\n"
    assert parse_env(text) == {"A": "1", "C": "x y", "D": ""}


def test_env_file_with_an_open_quote_names_the_line() -> None:
    with pytest.raises(ProcfileError, match=r"\.env, line 2"):
        parse_env("A=1\nB='x\n")


def test_a_taken_port_is_said_with_the_variable_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        programs = parse(LINE, {"PYTHON": "x", "WEB_PORT": str(port)})
        with pytest.raises(ProcfileError, match=rf"port {port}, which web needs.*WEB_PORT=\.\.\. make run"):
            require_free(programs)
    require_free(programs)


def test_free_ports_are_different_ones() -> None:
    text = "a: APP_PORT=${A:-1} x\nb: APP_PORT=${B:-2} x\n"
    ports = free_ports(parse(text, {}))
    assert set(ports) == {"A", "B"}
    assert ports["A"] != ports["B"]
    require_free(parse(text, ports))


def test_a_fixed_port_cannot_be_moved() -> None:
    with pytest.raises(ProcfileError, match="APP_PORT of a is fixed"):
        free_ports(parse("a: APP_PORT=1 x", {}))


def test_the_projects_own_procfile() -> None:
    programs = {program.name: program for program in parse(PROCFILE.read_text(), {})}
    assert {name: program.port for name, program in programs.items()} == {
        "engine": 8080,
        "image_processing": 8081,
        "face_detection": 8082,
        "face_analyzer": 8083,
        "digit_recognition": 8084,
        "object_detection": 8085,
        "digit_training": 8086,
    }
    assert programs["engine"].environment["REG_LOCAL_DATA"] == "data"
    moved = {program.name: program for program in parse(PROCFILE.read_text(), {"ENGINE_PORT": "9000"})}
    for name in programs.keys() - {"engine"}:
        assert moved[name].environment["APP_ENGINE"] == "http://127.0.0.1:9000"
        assert moved[name].environment["APP_SERVICE"] == moved[name].url
