"""Proofs of reliability: `python -m tests.faults [--short] [--only NAME,...] [--seed N] [--list]`.

Faults are made on purpose while tasks run, and what has become of the tasks is counted. The closing lines are a table.
Exit code 1 where a row is broken, or could not be run and `ALLOW_MISSING_SERVERS` is not 1.
"""

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.faults.proof import Findings, NotRun, Proof, Run, table
from tests.faults.proofs import PROOFS

INTERRUPTED = 130


def prove(name: str, proof: Proof, run: Run) -> Findings:
    """Run one proof. What it cannot do and what breaks it stand in the findings."""
    started = time.monotonic()
    run.folder.mkdir()
    try:
        findings = proof(run)
    except NotRun as error:
        findings = Findings(name, not_run=str(error))
    except AssertionError as error:
        findings = Findings(name, broken=[f"it broke off: {error}", traceback.format_exc()])
    except Exception:
        findings = Findings(name, broken=[f"it broke off: {traceback.format_exc()}"])
    findings.seconds = time.monotonic() - started
    return findings


def chosen(names: str) -> dict[str, Proof]:
    """The proofs of these names, all where there are none. Exits where one is unknown."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in PROOFS]
    if unknown:
        sys.exit(f"There is no proof called {', '.join(unknown)}. There are: {', '.join(PROOFS)}.")
    return {name: proof for name, proof in PROOFS.items() if not wanted or name in wanted}


def main(arguments: list[str]) -> int:
    """Run proofs, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Proofs of reliability.")
    parser.add_argument("--short", action="store_true", help="less of everything, for every day")
    parser.add_argument("--only", default="", metavar="NAME,...", help="only these proofs")
    parser.add_argument("--seed", type=int, default=None, help="repeat the chance of an earlier run")
    parser.add_argument("--list", action="store_true", help="name the proofs, and run none")
    given = parser.parse_args(arguments)
    proofs = chosen(given.only)
    if given.list:
        print(*proofs, sep="\n")
        return 0
    seed = secrets.randbelow(10**9) if given.seed is None else given.seed
    for number in (signal.SIGINT, signal.SIGTERM):  # the first is ignored by what a script starts in the background
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    found: list[Findings] = []
    try:
        for name, proof in proofs.items():
            print(f"{name}: {'short, ' * given.short}seed {seed}", flush=True)
            findings = prove(name, proof, Run(folder / name, seed, given.short))
            found.append(findings)
            print(*(f"  {line}" for line in findings.lines()), sep="\n")
            print(f"  {findings.verdict} ({findings.seconds:.0f} s)", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        return INTERRUPTED
    finally:
        if all(findings.holds for findings in found):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"logs and data are kept in {folder}")
        print(f"\n{table(found)}\n", flush=True)
    return judge(found, seed)


def judge(found: list[Findings], seed: int) -> int:
    """The exit code; loud about what was not run."""
    missing = [findings for findings in found if findings.not_run]
    broken = [findings for findings in found if not findings.holds and not findings.not_run]
    for findings in missing:
        print(f"!!! NOT RUN: {findings.fault}: {findings.not_run}")
    print(f"{len(found) - len(broken) - len(missing)} rows hold, {len(broken)} are broken, {len(missing)} not run")
    if broken:
        print(f"again with the same chance: python -m tests.faults --seed {seed}")
    return int(bool(broken) or (bool(missing) and os.environ.get("ALLOW_MISSING_SERVERS") != "1"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
