"""Strict JSON text: what is read here can be stored and written again without loss or surprise.

RFC 8259, and on top of it what I-JSON (RFC 7493) asks for: UTF-8, no doubled keys, no lone surrogates, integers that
fit 64 bits with a sign (-2**63 to 2**63 - 1: what every store can hold). NUL characters, NaN and Infinity, numbers
that overflow a double and deep nesting are refused as well.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from engine.errors import Invalid, TooLarge

MAX_BYTES = 1_000_000
MAX_DEPTH = 64

_LEAST, _LARGEST = -(2**63), 2**63 - 1
# Every integer beyond 64 bits has at least so many digits. orjson makes doubles of those beyond 2**64.
_BIG_NUMBER = b"0" * 19
_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_NOT_A_NUMBER = re.compile(r"(?:NaN|Infinity|nan|inf)\b")


class _Refused(Exception):
    """What is wrong, as the end of a sentence that begins with the name of the text."""


def parse(raw: bytes, what: str = "the body", max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value that `raw` holds. `what` names the text in the sentence of an error.

    A scalar has depth 0, `[]` and `{}` have depth 1.

    Raises `TooLarge` over `max_bytes`, and `Invalid`, with line and column where there is one place, for all that is
    refused (see the module).
    """
    if len(raw) > max_bytes:
        raise TooLarge(f"{_capital(what)} is {len(raw):,} bytes long; the limit is {max_bytes:,} bytes.")
    try:
        return _parse(raw, max_depth)
    except _Refused as refused:
        raise Invalid(f"{_capital(what)} {refused}.") from None


def dumps(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """`value` as compact JSON in UTF-8. What JSON has no word for, data classes too, is given to `default`.

    Raises `TypeError` for what neither knows, for keys that are no strings and for lone surrogates.
    """
    return orjson.dumps(value, default, orjson.OPT_PASSTHROUGH_DATACLASS)


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a place: `pointer("a/b", 0)` is `/a~1b/0`; of the whole document it is empty."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _parse(raw: bytes, max_depth: int) -> Any:
    try:
        value = orjson.loads(raw)  # stops by itself at a depth of 1,024
    except orjson.JSONDecodeError as error:
        raise _explained(raw, error, max_depth) from None
    # Brackets within strings count as well: a bound, and nearly always enough.
    if raw.count(b"[") + raw.count(b"{") > max_depth and _deeper_than(value, max_depth):
        raise _too_deep(max_depth)
    if b"\\u0000" in raw and _has_nul(value):
        raise _Refused("has a NUL character (\\u0000) in a string; take it out")
    if _BIG_NUMBER in raw.translate(_DIGITS_TO_ZERO):
        _WITH_INTEGERS.decode(raw.decode())
    elif _may_have_doubled_keys(raw, value):
        _PLAIN.decode(raw.decode())
    return value


def _may_have_doubled_keys(raw: bytes, value: Any) -> bool:
    """orjson keeps the last of doubled keys. Each pair that it dropped takes a colon along, and none is added, as
    long as no string writes its colons as escapes; so equal numbers of colons mean that nothing was dropped."""
    colons = raw.count(b":")
    return colons > 1 and (b"\\u003" in raw or orjson.dumps(value).count(b":") != colons)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    """Called for each object of the text. Its value is thrown away: the one of orjson is used."""
    if len(pairs) > 1 and len(dict(pairs)) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Refused(f"has the key {_shown(key)} twice in one object; keep one of them")
            seen.add(key)


def _integer(digits: str) -> None:
    if len(digits) > 20 or not _LEAST <= int(digits) <= _LARGEST:
        raise _Refused(f"has an integer beyond 64 bits, {_shown(digits)}; send it as a string")


# The decoders of the standard library look again at what orjson lets pass.
_PLAIN = json.JSONDecoder(object_pairs_hook=_unique)
_WITH_INTEGERS = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer)


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(depth):
        level = [
            inner
            for container in level
            for inner in (container.values() if type(container) is dict else container)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return bool(level)


def _has_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item:
                return True
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


def _explained(raw: bytes, error: json.JSONDecodeError, max_depth: int) -> _Refused:
    """The fault that made orjson stop, in words."""
    if not raw.strip():
        return _Refused("is empty; JSON is expected")
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        before = raw[: wrong.start].decode()
        return _Refused(f"is not UTF-8 ({_place(before, len(before))})")
    if text.startswith("\ufeff"):
        return _Refused("begins with a byte order mark; send it without")
    if "depth" in error.msg or "allocate" in error.msg:  # orjson sizes its memory by the length: deep, short texts
        return _too_deep(max_depth)
    place = _place(text, error.pos)
    if "surrogate" in error.msg:
        return _Refused(f"has half of a surrogate pair in a string, which is no character ({place})")
    if "infinity" in error.msg:
        return _Refused(f"has a number that is too large for a double ({place})")
    if found := _NOT_A_NUMBER.match(text, error.pos) or _NOT_A_NUMBER.match(text, max(error.pos - 1, 0)):
        return _Refused(f"has {found[0]}, which JSON does not know; send null or leave it out ({place})")
    return _Refused(f"is not JSON: {error.msg} ({place})")


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"line {line}, column {column}"


def _too_deep(max_depth: int) -> _Refused:
    return _Refused(f"is nested deeper than {max_depth} levels")


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= 60 else text[:60] + "...", ensure_ascii=False)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
