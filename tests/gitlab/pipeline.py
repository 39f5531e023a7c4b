"""Which jobs a pipeline has: `.gitlab-ci.yml` as gitlab-ci-local expands it, and GitLab's rules applied to it.

Only what is used here is known: `if` with variables, texts, `==`, `!=`, `&&`, `||`; `changes` as a list of patterns.
https://docs.gitlab.com/ci/yaml/#rules
"""

import functools
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools import deliver
from tools.layout import ROOT

STAGES = ("linting", "prepare", "test", "build", "deploy")
MAIN = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push", "BUILD_ALL": "0"}
BRANCH = MAIN | {"CI_COMMIT_BRANCH": "change"}
REQUEST = {"CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "merge_request_event", "BUILD_ALL": "0"}
SCHEDULE = MAIN | {"CI_PIPELINE_SOURCE": "schedule"}

WHATEVER_CHANGED = "--evaluate-rule-changes=false"
"""Not to look at what has changed since the main branch of `origin`: a checkout may have neither."""

Job = dict[str, Any]


def run(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run gitlab-ci-local."""
    command, environment = deliver.gitlab_ci_local(*arguments), deliver.environment()
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@functools.cache
def expanded() -> dict[str, Any]:
    """The whole of it, with what is included, extended and referred to put in its place."""
    done = run("--preview", WHATEVER_CHANGED)
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


@functools.cache
def head() -> dict[str, Any]:
    """What holds for all jobs: `.gitlab-ci.yml` itself."""
    found: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    return found


def jobs() -> dict[str, Job]:
    """All jobs, by name."""
    return {
        name: job for name, job in expanded().items() if isinstance(job, dict) and "script" in job and name[0] != "."
    }


def holds(condition: str, variables: Mapping[str, str]) -> bool:
    """Whether an `if` is true."""
    python = re.sub(r"\$(\w+)", lambda found: repr(variables.get(found[1])), condition)
    return bool(eval(python.replace("&&", " and ").replace("||", " or "), {"__builtins__": {}}))


def _expression(pattern: str) -> str:
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}
    return "".join(words.get(piece, re.escape(piece)) for piece in re.split(r"(\*\*/|\*\*|\*)", pattern))


def changed(patterns: Sequence[str], paths: Sequence[str]) -> bool:
    """Whether one of the paths is meant."""
    return any(re.fullmatch(_expression(pattern), path) for pattern in patterns for path in paths)


def applies(job: Job, variables: Mapping[str, str], paths: Sequence[str]) -> bool:
    """Whether a pipeline with these variables, for these changed files, has the job."""
    rules = job.get("rules")
    if rules is None:
        return True
    for rule in rules:
        if "if" in rule and not holds(rule["if"], variables):
            continue
        if "changes" in rule and not changed(rule["changes"], paths):
            continue
        return bool(rule.get("when", "on_success") != "never")
    return False


def chosen(variables: Mapping[str, str], paths: Sequence[str]) -> dict[str, Job]:
    """The jobs of that pipeline."""
    return {name: job for name, job in jobs().items() if applies(job, variables, paths)}


def needed(job: Job) -> list[tuple[str, bool]]:
    """The jobs that one needs, and whether it does without them."""
    return [(each["job"], bool(each.get("optional"))) for each in job.get("needs", []) if isinstance(each, dict)] + [
        (each, False) for each in job.get("needs", []) if isinstance(each, str)
    ]
