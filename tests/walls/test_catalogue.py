"""Each case of docs/bad-input.md has a test that is there."""

import re

from tools.layout import ROOT

NUMBERS = 84


def test_every_number_has_a_row_and_every_row_a_test() -> None:
    text = (ROOT / "docs" / "bad-input.md").read_text()
    found: set[int] = set()
    for row in re.findall(r"^\| ([0-9, -]*) \|", text, re.MULTILINE):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", row):
            found |= set(range(int(first), int(last or first) + 1))
    assert found == set(range(1, NUMBERS + 1)), set(range(1, NUMBERS + 1)) ^ found
    rows = [line for line in text.splitlines() if re.match(r"\| [0-9 ,-]*\|", line) and not line.endswith("| test |")]
    assert len(rows) > 70 and all(re.search(r"\| `[^`]+\.py(::\w+)?` \|$", line) for line in rows)


def test_the_tests_that_are_named_are_there() -> None:
    named = re.findall(r"`((?:tests|services)/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "bad-input.md").read_text())
    assert len(named) > 60
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).is_file(), (path, name)
