"""All tests: `python -m tools.suites [PYTEST ARGUMENT...]`. Runs the suite of each part in the part's environment.

The closing lines give the numbers of each suite, and the last one those of all: `N passed, N failed`, with
`, N skipped` only where tests were skipped. A suite that could not run is said loudly and counts for nothing. Exit
code 1 where a test failed, a suite broke off, a suite could not run and `CI` is set, or no test ran at all.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import browser, web
from tools.layout import ROOT, Part, parts
from tools.sync import banner

AGAIN_ON = "mongo-s3"
AGAIN = ("tests/e2e",)
"""What of the engine's suite is run a second time, with MongoDB and S3 in place of its own files."""

APART = (
    ("tests/faults", "tests/replicas", "tests/load"),
    ("tests/e2e", "tests/language", "tests/mlops", "tests/pipelines"),
    ("tests/doors", "tests/walls", "tests/seeing", "tests/k8s", "tests/gitlab", "tests/containers", "tests/tools"),
)
"""What of the engine's suite is run as suites of their own, so that all take about as long as each other."""

AT_ONCE = 2
"""How many suites run beside each other: engines that are killed and started again want room on two cores."""

AGAIN_SMALLER = {"KILL_TIMES": "20", "KILL_TASKS": "100"}
"""There a start takes seconds; the proofs of reliability kill engines on these stores more often."""

FAULT_CHARACTERS = 300
"""How much is told at the end of why a test failed: the whole stands above, where it ran."""

NO_TESTS_COLLECTED = 5
INTERRUPTED = 2


@dataclass(frozen=True)
class Count:
    """What came of a suite. `broken` says why it did not come to its end, `absent` why it did not even begin, `faults`
    which tests failed, and with what."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    broken: str = ""
    absent: str = ""
    faults: tuple[str, ...] = ()

    @property
    def numbers(self) -> str:
        """The numbers as a line."""
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")

    def __str__(self) -> str:
        if self.absent:
            return f"{self.name}: NOT RUN: {self.absent}"
        return f"{self.name}: {self.numbers} ({self.seconds:.1f} s)" + (
            f" BROKE OFF: {self.broken}" * bool(self.broken)
        )


def count(name: str, report: Path, exit_code: int, selected: bool = False) -> Count:
    """Read the numbers of a suite from its JUnit report.

    A suite that ended badly without a failed test in its report counts as one failure: something is wrong that no test
    stands for. `selected` tells that arguments chose among the tests, so that none is no fault.
    """
    passed = failed = skipped = 0
    seconds = 0.0
    broken = ""
    faults: list[str] = []
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        broken = f"no report, exit code {exit_code}"
    else:
        for case in root.iter("testcase"):
            outcomes = {child.tag for child in case}
            failed += bool(outcomes & {"failure", "error"})
            faults += [fault_of(case)] if outcomes & {"failure", "error"} else []
            skipped += "skipped" in outcomes and not outcomes & {"failure", "error"}
            passed += not outcomes & {"failure", "error", "skipped"}
        seconds = sum(float(suite.get("time", "0")) for suite in root.iter("testsuite"))
    if exit_code == NO_TESTS_COLLECTED and not selected:
        broken = "it has no tests"
    elif exit_code not in (0, 1, NO_TESTS_COLLECTED):
        broken = broken or f"exit code {exit_code}"
    if (broken or exit_code == 1) and not failed:
        failed = 1
    return Count(name, passed, failed, skipped, seconds, broken, faults=tuple(faults))


def fault_of(case: ElementTree.Element) -> str:
    """Which test of a report failed, and the first line of what it said."""
    said = next((child.get("message") or child.text or "" for child in case if child.tag in ("failure", "error")), "")
    first = said.strip().partition("\n")[0][:FAULT_CHARACTERS]
    return f"{case.get('classname', '')}: {case.get('name', '')}: {first}"


@dataclass(frozen=True)
class Suite:
    """Tests of a part that run in one process: those that pytest chooses by these arguments, with `stores` on those.
    One that runs `beside` another says all at its end. `whole`: that it chooses none would be a fault."""

    part: Part
    name: str
    arguments: Sequence[str] = ()
    stores: str = ""
    beside: bool = True
    whole: bool = True


def suites(of: Sequence[Part], arguments: Sequence[str]) -> list[Suite]:
    """Return all suites, those first that take the longest. Arguments choose among the tests of each part."""
    engine = [part for part in of if part.name == "engine"]
    others = [Suite(part, part.name, arguments, whole=not arguments) for part in of if part.name != "engine"]
    if arguments:
        return [*(Suite(part, part.name, arguments, beside=False, whole=False) for part in engine), *others]
    rest = [f"--ignore={folder}" for folders in APART for folder in folders]
    first = [Suite(part, part.name, rest, beside=False) for part in engine]
    apart = [
        Suite(part, f"{part.name}: {', '.join(Path(each).name for each in folders)}", folders)
        for part in engine
        for folders in APART
    ]
    again = [Suite(part, f"{part.name} on {AGAIN_ON}", AGAIN, AGAIN_ON) for part in engine]
    page = [Suite(Part(name, web.WEBAPP), name) for name in (browser.NAME, web.NAME)]
    return [*first, *apart, page[0], *again, *others, page[1]]


def absent(suite: Suite) -> str:
    """Return why a suite cannot run on this machine; nothing where it can."""
    if suite.name == browser.NAME:
        return browser.missing()
    if suite.name == web.NAME:
        return "" if web.is_current() else "its packages are not installed, or there is no Node"
    part = suite.part
    return "" if part.python.exists() else f"it has no environment; it needs Python {part.requires_python}"


def command_of(suite: Suite, report: Path) -> tuple[list[str], Path, dict[str, str]]:
    """Return what runs a suite, the folder where it does, and with which environment."""
    vitest = ["--reporter=dot", "--reporter=junit", f"--outputFile.junit={report}"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    if suite.name == browser.NAME:
        return [sys.executable, "-m", "tools.browser", "test", *vitest], ROOT, environment
    if suite.name == web.NAME:
        return web.program("vitest", "run", *vitest), web.WEBAPP, web.environment()
    pytest = [str(suite.part.python), "-m", "pytest", "-q", f"--junitxml={report}", *suite.arguments]
    return pytest, suite.part.folder, environment


def run(suite: Suite, reports: Path) -> Count:
    """Run a suite in the environment of its part."""
    name, stores, beside = suite.name, suite.stores, suite.beside
    reason = absent(suite)
    if reason:
        return Count(name, absent=reason)
    report = reports / f"{name.replace('/', '-')}.xml"
    if not beside:
        print(f"\n===== {name} =====", flush=True)
    command, folder, environment = command_of(suite, report)
    if stores:
        environment = {**AGAIN_SMALLER, **environment, "TEST_STORES": stores}
    with report.with_suffix(".txt").open("w+b") as words:
        out = words if beside else None
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False
        )
        words.seek(0)
        if beside:
            print(f"\n===== {name} =====\n{words.read().decode(errors='replace')}", flush=True)
    return count(name, report, done.returncode, selected=not suite.whole)


def run_all(arguments: Sequence[str], reports: Path) -> list[Count]:
    """Run every suite, a few beside each other."""
    with ThreadPoolExecutor(AT_ONCE) as beside:
        waiting = [beside.submit(run, suite, reports) for suite in suites(parts(), arguments)]
        return [each.result() for each in waiting]


def summary(counts: Sequence[Count]) -> str:
    """Return the closing lines: the tests that failed, one per suite, the loud ones, the sum."""
    total = Count("all", *(sum(getattr(item, field) for item in counts) for field in ("passed", "failed", "skipped")))
    absent = [str(item) for item in counts if item.absent]
    faults = [f"FAILED {item.name}: {fault}" for item in counts for fault in item.faults]
    lines = ["", *faults, *map(str, counts)]
    if absent:
        lines.append(banner("\n".join(absent)))
    return "\n".join([*lines, total.numbers])


def verdict(counts: Sequence[Count], strict: bool) -> int:
    """Return the exit code. `strict`: a suite that could not run is a failure too."""
    nothing = not any(item.passed for item in counts)
    return int(nothing or any(item.failed or (strict and item.absent) for item in counts))


def main(arguments: Sequence[str]) -> int:
    """Run all suites and tell the sum."""
    folder = Path(tempfile.mkdtemp(prefix="reports-"))
    try:
        counts = run_all(arguments, folder)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(summary(counts), flush=True)
    return verdict(counts, strict=bool(re.fullmatch("1|true|yes", os.environ.get("CI", ""), re.IGNORECASE)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
