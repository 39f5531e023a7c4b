"""The budgets checker finds what it is for, and nothing in files that keep the budgets."""

import subprocess
from pathlib import Path

import pytest

from tools.budgets import check


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty git working tree."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def found(tree: Path, name: str, text: str) -> list[str]:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [str(fault) for fault in check(tree)]


def function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


def test_files_at_the_budget_are_fine(tree: Path) -> None:
    assert found(tree, "long.py", "x = 1\n" * 300) == []
    assert found(tree, "function.py", function(50)) == []


def test_a_file_over_the_budget(tree: Path) -> None:
    assert found(tree, "long.py", "x = 1\n" * 301) == ["long.py:1: 301 lines, the budget is 300"]


@pytest.mark.parametrize("prefix", ["", "async "])
def test_a_function_over_the_budget(tree: Path, prefix: str) -> None:
    assert found(tree, "function.py", "\n" + prefix + function(51)) == [
        "function.py:2: function f has 51 lines, the budget is 50"
    ]


@pytest.mark.parametrize("name", ["utils.py", "a/helpers.py", "common/__init__.py", "misc/x.py"])
def test_modules_named_after_nothing(tree: Path, name: str) -> None:
    assert [text.partition(":")[0] for text in found(tree, name, "x = 1\n")] == [name]


@pytest.mark.parametrize(
    "line",
    [
        "# TO" + "DO: later",
        "# FIX" + "ME",
        "@pytest.mark." + "skip",
        "@pytest.mark." + "xfail(reason='x')",
        "    pytest." + "skip('x')",
        "raise NotImplemented" + "Error",
        "path = '/wo" + "rk/main'",
        "path = '/ro" + "ot/x'",
        "path = '/tmp/bash" + "_jobs.0/x'",
        "url = 'https://files.python" + "hosted.org/x'",
    ],
)
def test_words_that_must_not_be_there(tree: Path, line: str) -> None:
    faults = found(tree, "module.py", f"x = 1\n{line.strip() if line.startswith('#') else '# ' + line}\n")
    assert len(faults) == 1
    assert faults[0].startswith("module.py:2: ")


def test_words_are_looked_for_in_text_files_too(tree: Path) -> None:
    assert len(found(tree, "docs/guide.md", "see /wo" + "rk/main\n")) == 1


def test_the_path_of_a_url_is_no_path_of_a_machine(tree: Path) -> None:
    assert found(tree, "docs/guide.md", "see http://host/wo" + "rk/main and a/wo" + "rk/main\n") == []


def test_lock_files_binary_files_and_ignored_files_are_left_out(tree: Path) -> None:
    host = "https://files.python" + "hosted.org/x"
    (tree / ".gitignore").write_text("ignored/\n")
    assert found(tree, "services/x/uv.lock", host) == []
    assert found(tree, "ignored/module.py", host) == []
    (tree / "picture.bin").write_bytes(b"\xff\xfe" + host.encode())
    assert check(tree) == []


def test_a_file_that_does_not_parse_is_said(tree: Path) -> None:
    assert "does not parse" in found(tree, "module.py", "def f(:\n")[0]
