"""Inputs that are nearly right: what is right, changed in a few places. Each is made from a seed and its number."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

BOUNDARY = b"the-limit"
SHIPPED = Path(__file__).resolve().parents[3] / "pipelines"

_FORM_TOKENS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"--",
        b"--" + BOUNDARY,
        b"--" + BOUNDARY + b"--",
        b"--" + BOUNDARY + b"\r\n",
        b"\r\n\r\n",
    ),
    *(b"Content-Disposition: form-data; name=", b"Content-Type: application/json\r\n", b'"', b";", b":", b"=", b"\x00"),
    *(
        b'filename="../../x"',
        b"filename*=UTF-8''%e2%82%ac",
        b"filename*=",
        b"name*0=a; name*1=b",
        b"\\",
        b"\xff",
        b"x" * 2_000,
    ),
    *(b"Content-Type: multipart/mixed; boundary=inner\r\n", b"Content-Transfer-Encoding: base64\r\n", b" " * 50),
]
_JSON_TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"NaN",
        b"-",
        b"1e999",
        b"\xff",
        b"\x00",
    ),
    *(b"9" * 30, b"[" * 100, b'{"a":' * 70, b"null", b"true", b'"id"', b"0.1", b"//", b"\xef\xbb\xbf", b"\xe2\x80\xae"),
]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**63 - 1, 1e308, "", "a", "\u202e", "x" * 3_000, [], {}, [[]], {"": ""}, [None]),
    *("entry", "end", "node", "branch", "loop", "service", "http", "loopEnd", "pipeline", "__class__", "a.b.c", "a..b"),
    *("pipeline.nodes['x'].out", "loop.x.out", "http://a", "http://[", "http://a:b@c", "import os", "(", "x = " * 50),
    *(
        "for i in range(9): pass",
        "lambda: 0",
        "node.out['a'].b[0]",
        "f'{node}'",
        "'" + "(" * 200,
        "-" * 500 + "1",
        "\x01",
    ),
]
_KEYS = [
    "id",
    "type",
    "next",
    "input",
    "params",
    "api",
    "route",
    "body",
    "if",
    "then",
    "else",
    "items",
    "nodes",
    "collect",
]
_KEYS += [
    "ready",
    "before",
    "after",
    "exec",
    "out",
    "url",
    "service",
    "verb",
    "retry",
    "timeout",
    "",
    "a/b~c",
    "x" * 300,
]


def chance_of(seed: int, name: str, number: int) -> random.Random:
    """The chance that makes one input."""
    return random.Random(f"{seed} {name} {number}")


def form(chance: random.Random) -> bytes:
    """A body of type multipart/form-data, in the middle of which something has happened."""
    parts = []
    for number in range(chance.randint(0, 4)):
        name = chance.choice([b"image", b"areas", b"data", b"f%d" % number])
        data = chance.choice(
            [b"", b"{}", b'{"a": [1, 2]}', chance.randbytes(chance.randint(1, 300)), b"\r\n--the-limi"]
        )
        kind = chance.choice([b"", b"Content-Type: application/json\r\n", b"Content-Type: image/png\r\n"])
        filename = chance.choice([b"", b'; filename="a.png"', b"; filename*=UTF-8''%e2%82%ac.png"])
        head = (
            b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name + b'"' + filename + b"\r\n" + kind
        )
        parts.append(head + b"\r\n" + data + b"\r\n")
    return damaged(b"".join(parts) + b"--" + BOUNDARY + b"--\r\n", chance, _FORM_TOKENS)


def damaged(body: bytes, chance: random.Random, tokens: list[bytes]) -> bytes:
    """Bytes taken out, doubled, changed, cut off; words of the format put in."""
    changed = bytearray(body)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3, 8])):
        start = chance.randint(0, len(changed))
        end = min(start + chance.choice([0, 1, 1, 2, 10, 40]), len(changed))
        middle = bytes(changed[start:end])
        change = chance.randrange(6)
        if change == 5:
            del changed[start:]
        else:
            new = (
                chance.choice(tokens),
                b"",
                middle * 2,
                chance.randbytes(len(middle)),
                chance.choice(tokens) + middle,
            )
            changed[start:end] = new[change]
    return bytes(changed)


def pieces(body: bytes, chance: random.Random) -> list[bytes]:
    """The body in chunks of any size."""
    cuts = sorted(chance.randint(0, len(body)) for _ in range(chance.choice([0, 1, 3, 20])))
    edges = [0, *cuts, len(body)]
    return [body[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def shipped() -> list[Any]:
    """The pipelines that come with the project."""
    return [json.loads(path.read_text()) for path in sorted(SHIPPED.glob("*.json"))]


def definition(chance: random.Random, originals: list[Any]) -> Any:
    """A shipped pipeline with one to five changes at any depth."""
    document = json.loads(json.dumps(chance.choice(originals)))
    for _ in range(chance.choice([1, 1, 2, 3, 5])):
        places = list(_places(document))
        if not places:
            return chance.choice(_VALUES)
        container, key = chance.choice(places)
        chance.choice(_CHANGES)(container, key, chance, places)
    return document


def text(chance: random.Random, originals: list[Any]) -> bytes:
    """A shipped pipeline as JSON whose bytes are damaged."""
    return damaged(json.dumps(chance.choice(originals)).encode(), chance, _JSON_TOKENS)


def _places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for item in value.values() for place in _places(item)]
    if isinstance(value, list):
        return [(value, key) for key in range(len(value))] + [place for item in value for place in _places(item)]
    return []


def _other(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    container[key] = json.loads(json.dumps(chance.choice(_VALUES)))


def _none(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    del container[key]


def _renamed(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    if isinstance(container, dict):
        container[chance.choice(_KEYS)] = container.pop(key)


def _from_elsewhere(container: Any, key: Any, chance: random.Random, places: Any) -> None:
    other, there = chance.choice(places)
    container[key] = json.loads(json.dumps(other[there]))


def _nested(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    for _ in range(chance.choice([1, 3, 30, 80])):
        container[key] = chance.choice([[container[key]], {"a": container[key]}])


def _many(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    if isinstance(container, list):
        container.extend(json.loads(json.dumps([container[key]] * chance.choice([1, 5, 50]))))


def _damaged_text(container: Any, key: Any, chance: random.Random, _: Any) -> None:
    if isinstance(container[key], str):
        raw = damaged(
            container[key].encode(), chance, [b"(", b")", b".", b"'", b"\n", b" ", b"[0]", b"if ", b"\xc3\xa9"]
        )
        container[key] = raw.decode("utf-8", "replace").replace("\x00", "")


_Change = Callable[[Any, Any, random.Random, Any], None]
_CHANGES: list[_Change] = [_other, _none, _renamed, _from_elsewhere, _nested, _many, _damaged_text, _damaged_text]
