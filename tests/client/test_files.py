"""Names of binaries as files: the right ending, and never outside of the folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client.files import file_name, names_of, safe_name, unique, with_paths


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("blurred.jpg", "image/jpeg", "blurred.jpg"),
        ("blurred.JPEG", "image/jpeg", "blurred.JPEG"),
        ("result", "image/jpeg", "result.jpg"),
        ("result", "image/png; charset=binary", "result.png"),
        ("blurred.jpg", "image/png", "blurred.png"),
        ("faces.3", "image/jpeg", "faces.3.jpg"),
        ("model.v2", "application/octet-stream", "model.v2"),
        ("model", "application/octet-stream", "model.bin"),
        ("model", "", "model"),
        ("sound", "audio/x-wav", "sound.wav"),
        ("../../etc/passwd", "text/plain", "_.._etc_passwd.txt"),
        ("..", "image/png", "file.png"),
        ("a\x00b\n", "image/gif", "a_b_.gif"),
        ("NUL", "image/gif", "_NUL.gif"),
        ("C:\\x.png", "image/png", "C__x.png"),
    ],
)
def test_ending_and_safety(name: str, kind: str, expected: str) -> None:
    assert file_name(name, kind) == expected


@given(st.text(max_size=300))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    safe = safe_name(name)
    folder = Path("somewhere")
    assert safe and safe not in (".", "..") and "/" not in safe and "\\" not in safe and "\0" not in safe
    assert not safe.startswith(".")
    assert (folder / safe).parent == folder
    assert len(safe.encode("utf-8", "surrogatepass")) <= 130


def test_names_of_a_result_are_those_of_its_urls() -> None:
    base = "https://x/y/tasks/t1/files/"
    result = {"a.jpg": base + "a.jpg", "faces": [base + "faces.0", {"x/y": base + "faces.1.x%2Fy"}], "n": 1}
    result |= {"text": base + "a.jpg", "other": "https://x/y/tasks/t2/files/other"}
    assert names_of(result, "t1") == ("a.jpg", "faces.0", "faces.1.x/y")
    local = with_paths(result, "t1", {"a.jpg": "A", "faces.1.x/y": "B"})
    assert local["a.jpg"] == "A" and local["faces"] == [base + "faces.0", {"x/y": "B"}]
    assert local["text"] == base + "a.jpg"


def test_equal_names_are_numbered() -> None:
    taken: set[str] = set()
    assert [unique(name, taken) for name in ("a.jpg", "A.jpg", "a.jpg", "b")] == ["a.jpg", "A-2.jpg", "a-3.jpg", "b"]
