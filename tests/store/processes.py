"""Starts the processes of `mongo_children.py`."""

import subprocess
import sys
from pathlib import Path

CHILDREN = Path(__file__).with_name("mongo_children.py")
ROOT = CHILDREN.parents[2]


def process(*arguments: str) -> "subprocess.Popen[str]":
    """A process of `mongo_children.py`."""
    command = [sys.executable, str(CHILDREN), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
