"""Random schedules of decisions over random pipelines."""

import os

from tests.faults.proof import Findings, Run
from tests.task.schedules import failures


def schedules(run: Run) -> Findings:
    """Nested loops, branches, joins, ways back, errors, cancels, retries, crashes: no rule is broken.

    `SCHEDULES` in the environment is how many there are.
    """
    count = int(os.environ.get("SCHEDULES") or run.pick(100_000, 300))
    run.say(f"{count:,} random schedules, from seed {run.seed} on")
    findings = Findings(f"{count:,} random schedules of decisions", count)
    findings.broken = failures(run.seed, count, os.cpu_count() or 1)
    return findings
