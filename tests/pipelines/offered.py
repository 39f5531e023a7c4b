"""Which operations the services of the project offer, read from their code."""

import ast
from pathlib import Path

from tests.e2e.processes import ROOT


def offered_by(program: str = "*") -> set[str]:
    """The routes of the operations that the package of this name declares, by default of all services."""
    files = [path for path in (ROOT / "services").glob(f"**/{program}/*.py") if not OTHERS & set(path.parts)]
    return {route for path in files for route in _operations(path)}


OTHERS = {".venv", "tests", "template", "sdk"}
"""Folders whose operations nobody is to use."""


def _operations(path: Path) -> list[str]:
    """The first argument of each `.operation(...)` in a module."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "operation"
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]
