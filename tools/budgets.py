"""The budgets of the code, for every file that git tracks or would track: `python -m tools.budgets`.

A Python file has at most 300 lines and a function at most 50; no module is called utils, helpers, common or misc;
no file says that it is unfinished, skips a test, names a path of the machine it was written on or the host of a
package registry. Lock files are left out, they are not written by hand.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.layout import ROOT

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
FORBIDDEN_MODULES = {"utils", "helpers", "common", "misc"}
LOCK_FILES = {"uv.lock", "package-lock.json", "pnpm-lock.yaml"}


def _words(*halves: tuple[str, str]) -> str:
    """Join halves into alternatives: this file itself must not hold the words that it forbids."""
    return "|".join(first + second for first, second in halves)


_UNFINISHED = _words(("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("HA", "CK"))
_SKIPPED = _words(
    (r"pytest\.mark\.", "(?:skip|xfail)"), (r"pytest\.", "(?:skip|xfail|importorskip)"), (r"unittest\.", "skip")
)
_PLACES = _words(("/ro", "ot/"), ("/wo", "rk/"), ("/ho", r"me/[a-z]"), ("/Us", "ers/[a-z]"))
_SCRATCH = _words(("bash", "_jobs"))
_HOSTS = _words(
    (r"files\.python", "hosted"), (r"registry\.np", "mjs"), (r"deb\.deb", r"ian\.org"), (r"pypi\.", "org/simple")
)

FORBIDDEN_IN_TEXT = (
    (re.compile(rf"\b(?:{_UNFINISHED})\b"), "says that something is unfinished"),
    (re.compile(rf"(?<![\w./])(?:{_PLACES})|{_SCRATCH}"), "names a path of one machine"),
    (re.compile(_HOSTS), "names the host of a package registry"),
)
FORBIDDEN_IN_CODE = (
    (re.compile(_SKIPPED), "skips a test"),
    (re.compile("NotImplemented" + "Error"), "is not implemented"),
)


@dataclass(frozen=True, order=True)
class Fault:
    """One place that is over a budget."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def tracked(root: Path) -> list[Path]:
    """Return the files that git tracks, and those that are new and not ignored."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return [root / name for name in dict.fromkeys(names) if name and (root / name).is_file()]


def functions_over_budget(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text for every function that is too long."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield node.lineno, f"function {node.name} has {length} lines, the budget is {MAX_FUNCTION_LINES}"


def code_faults(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text for what is wrong with one Python file."""
    length = len(text.splitlines())
    if length > MAX_FILE_LINES:
        yield 1, f"{length} lines, the budget is {MAX_FILE_LINES}"
    if path.stem in FORBIDDEN_MODULES or path.parent.name in FORBIDDEN_MODULES:
        yield 1, "a module is named after what it is about, not utils, helpers, common or misc"
    try:
        yield from functions_over_budget(ast.parse(text))
    except SyntaxError as error:
        yield error.lineno or 1, f"does not parse: {error.msg}"


def faults_of(path: Path, name: str) -> Iterator[Fault]:
    """Yield every fault of one file; `name` is how it is called in the report. Binary files have none."""
    if path.name in LOCK_FILES:
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    patterns = [*FORBIDDEN_IN_TEXT]
    if path.suffix == ".py":
        patterns += FORBIDDEN_IN_CODE
        for line, message in code_faults(path, text):
            yield Fault(name, line, message)
    for number, content in enumerate(text.splitlines(), 1):
        for pattern, message in patterns:
            found = pattern.search(content)
            if found:
                yield Fault(name, number, f"{message}: {found.group()}")


def check(root: Path) -> list[Fault]:
    """Return every fault of the files of a git working tree, in the order of path and line."""
    return sorted(fault for path in tracked(root) for fault in faults_of(path, str(path.relative_to(root))))


def main() -> int:
    """Print every fault; exit code 1 if there is one."""
    faults = check(ROOT)
    for fault in faults:
        print(fault)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
