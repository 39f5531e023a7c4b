"""All static checks: `python -m tools.check`. Prints one line per check, and what was found under those that fail.

Every check runs, also after one has failed. Exit code 1 if any failed, or could not run.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools import web
from tools.layout import ROOT, Part, parts

# Each file by the settings that lie nearest to it: what is first party differs from service to service.
ISORT = ("--resolve-all-configs", "--config-root", ".")

WEB_CHECKS = (
    ("tsc", "--noEmit"),
    ("eslint", "--max-warnings=0", "."),
    ("prettier", "--check", "--log-level=warn", "."),
)


@dataclass(frozen=True)
class Check:
    """A command that judges the code by its exit code."""

    name: str
    command: Sequence[str | Path]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a check ended. `output` is what it printed."""

    name: str
    passed: bool
    seconds: float
    output: str

    def __str__(self) -> str:
        line = f"{'ok  ' if self.passed else 'FAIL'} {self.name} ({self.seconds:.1f} s)"
        return line if self.passed else f"{line}\n{self.output}".rstrip()


def types_of(part: Part) -> Check:
    """Return the type check of a service or the SDK: what it imports is looked up in its own environment."""
    options = ["--strict", "--no-error-summary", "--explicit-package-bases"]
    # What has an environment of its own within it is checked by itself.
    for inner in (other.folder for other in parts() if part.folder in other.folder.parents):
        options += ["--exclude", f"^{inner.relative_to(part.folder)}/"]
    command: list[str | Path] = [ROOT / ".venv" / "bin" / "mypy", *options, "--python-executable", part.python, "."]
    # A program that only tests start may lie beside them, as a package of its own.
    return Check(f"mypy {part.name}", command, part.folder, {"MYPYPATH": "tests"})


def of_web(name: str, *arguments: str) -> Check:
    """Return a check of the web page. One that cannot run for want of Node says so."""
    try:
        return Check(f"{name} {web.NAME}", web.program(name, *arguments), web.WEBAPP, web.environment())
    except web.NoNode:
        return Check(f"{name} {web.NAME}", ["node"], web.WEBAPP)


def dockerfiles() -> list[Path]:
    """Return all Dockerfiles of the project."""
    return [ROOT / "engine" / "Dockerfile", *ROOT.glob("services/*/Dockerfile"), *ROOT.glob("services/*/*/Dockerfile")]


def checks() -> list[Check]:
    """Return all checks, the long ones first so that two cores are busy to the end."""
    tools = ROOT / ".venv" / "bin"
    others = [part for part in parts() if part.folder != ROOT]
    services = os.pathsep.join(str(part.folder) for part in others)
    return [
        Check("mypy engine", [tools / "mypy", "--strict", "--no-error-summary"]),
        *(types_of(part) for part in others),
        *(of_web(name, *arguments) for name, *arguments in WEB_CHECKS),
        Check("black", [tools / "black", "--check", "--quiet", "--diff", "."]),
        Check("isort", [tools / "isort", *ISORT, "--check-only", "--quiet", "--diff", "."]),
        Check("flake8", [tools / "flake8"]),
        Check("import-linter", [tools / "lint-imports", "--no-logo"], environment={"PYTHONPATH": services}),
        Check("hadolint", [tools / "hadolint", *sorted(dockerfiles()), *ROOT.glob("k8s/**/Dockerfile")]),
        Check(
            "compose", [tools / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"]
        ),
        Check("budgets", [sys.executable, "-m", "tools.budgets"]),
    ]


def judge(check: Check) -> Outcome:
    """Run one check."""
    begin = time.monotonic()
    try:
        done = subprocess.run(
            [str(word) for word in check.command],
            cwd=check.folder,
            env={**os.environ, **check.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        return Outcome(check.name, False, time.monotonic() - begin, f"cannot run: {error}")
    return Outcome(check.name, done.returncode == 0, time.monotonic() - begin, done.stdout)


def main() -> int:
    """Run all checks, two at a time, and print their outcomes in a fixed order."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(judge, checks()):
            print(outcome, flush=True)
            if not outcome.passed:
                failed.append(outcome.name)
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
