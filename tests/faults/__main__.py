"""Proofs of reliability that take longer than a test may: `python -m tests.faults`. Exit code 1 where one fails.

`SCHEDULES` is how many random schedules are run (100,000), `SEED` the first of them; without it they are others each
time.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable

from tests.task.schedules import failures

SCHEDULES = int(os.environ.get("SCHEDULES", "100000"))


def random_schedules() -> list[str]:
    """Random schedules of decisions over random pipelines: nested loops, branches, joins, ways back, errors, cancels,
    retries, crashes. No rule is broken."""
    first = int(os.environ.get("SEED") or secrets.randbelow(10**9))
    print(f"{SCHEDULES:,} random schedules, from seed {first} on", flush=True)
    return failures(first, SCHEDULES, os.cpu_count() or 1)


PROOFS: tuple[Callable[[], list[str]], ...] = (random_schedules,)
"""Each returns what was found to be broken."""


def main() -> int:
    """Run all proofs, one after the other."""
    broken = 0
    for proof in PROOFS:
        started = time.monotonic()
        found = proof()
        broken += bool(found)
        verdict = "BROKEN" if found else "no rule was broken"
        print(*found, f"{proof.__name__.replace('_', ' ')}: {verdict} ({time.monotonic() - started:.0f} s)", sep="\n")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
