"""Which headers an `http` node may send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine.pipeline.headers import header_faults

GOOD = {
    "Accept": "*/*",
    "authorization": "Bearer abc.def",
    "X-1_a~": "a b\tc",
    "Range": "bytes=0-9",
    "Cookie": "",
    "ETag": "é"[:0],
}


def test_good_headers() -> None:
    assert header_faults({}) == [] == header_faults(GOOD)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("", "a", "no name of a header"),
        ("X A", "a", "no name of a header"),
        ("X:", "a", "no name of a header"),
        ("X-Ä", "a", "no name of a header"),
        ("X\r\nY", "a", "no name of a header"),
        ("X" * 101, "a", "no name of a header"),
        ("X", "a\r\nY: b", "line breaks"),
        ("X", "a\n", "line breaks"),
        ("X", "\x00", "control characters"),
        ("X", "\x7f", "control characters"),
        ("X", "é", "beyond ASCII"),
        ("X", "\ud800", "beyond ASCII"),
        ("X", " a", "white space"),
        ("X", "a" * 4_001, "4001 characters; the limit is 4000"),
        ("Host", "a", "set by the engine"),
        ("CONTENT-length", "1", "set by the engine"),
        ("Content-Encoding", "gzip", "set by the engine"),
        ("Expect", "100-continue", "set by the engine"),
        ("Connection", "close", "belongs to the connection"),
        ("transfer-encoding", "chunked", "belongs to the connection"),
        ("TE", "trailers", "belongs to the connection"),
        ("Upgrade", "h2c", "belongs to the connection"),
        ("Proxy-Authorization", "Basic x", "belongs to the connection"),
        ("Keep-Alive", "1", "belongs to the connection"),
    ],
)
def test_bad_headers(name: str, value: str, part: str) -> None:
    faults = header_faults({**GOOD, name: value})
    assert len(faults) == 1 and part in faults[0]
    assert faults[0].isprintable()


def test_all_faults_are_told_at_once() -> None:
    assert len(header_faults({"Host": "a\n", "X": "b\n", "x": "c"})) == 4


def test_too_many() -> None:
    assert header_faults({f"X-{number}": "" for number in range(51)}) == ["there are 51 headers; the limit is 50"]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_what_passes_can_be_put_on_a_line(headers: dict[str, str]) -> None:
    if not header_faults(headers):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
        assert lines.count(b"\n") == len(headers) == len(CIMultiDict(headers))
        assert [line.partition(b": ")[2].decode() for line in lines.split(b"\r\n")[:-1]] == list(headers.values())
