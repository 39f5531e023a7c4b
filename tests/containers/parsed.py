"""Dockerfiles, compose.yaml and .dockerignore as data."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from tools.check import dockerfiles
from tools.layout import ROOT

DOCKERFILES = {str(path.parent.relative_to(ROOT)): path for path in dockerfiles()}


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile: its name, and all that follows on one line."""

    name: str
    rest: str


def steps(path: Path) -> list[Step]:
    """All instructions of a Dockerfile, in order."""
    text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n", "", text).splitlines()
    return [Step(*line.split(maxsplit=1)) for line in lines if line.strip()]


def stages(path: Path) -> list[list[Step]]:
    """The instructions of each stage, FROM first."""
    found: list[list[Step]] = []
    for step in steps(path):
        if step.name == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def one(stage: list[Step], name: str) -> str:
    """What stands behind the only instruction of this name."""
    [step] = [step for step in stage if step.name == name]
    return step.rest


def environment(stage: list[Step]) -> dict[str, str]:
    """The variables of a stage."""
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(step.rest for step in stage if step.name == "ENV")))


def compose() -> dict[str, Any]:
    """compose.yaml, with its anchors resolved."""
    document: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")
    return document


def is_sent(path: str) -> bool:
    """Whether a file of the project is part of what the builder is given: the last pattern of .dockerignore that fits
    it, or a folder that it is in, says so."""
    sent = True
    names = [str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."] + [path]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = _expression(line.removeprefix("!"))
            if any(pattern.fullmatch(name) for name in names):
                sent = line.startswith("!")
    return sent


def _expression(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    return re.compile(text)
