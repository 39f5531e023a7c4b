"""The static checks of one part alone: `python -m tools.lint PART...`, by the name of its folder, or `webapp`.

What a build server runs where only that part has changed; `make check` runs the checks of all. Exit code 1 where one
failed.
"""

import sys
from collections.abc import Sequence

from tools import web
from tools.check import ISORT, WEB_CHECKS, Check, judge, of_web, types_of
from tools.layout import ROOT, Part, parts

ENGINE = ("engine", "tests", "tools", "benchmarks")
"""The folders of Python that belong to no service."""


def checks_of(part: Part) -> list[Check]:
    """Return the checks of a service or the SDK; for the engine, those of all Python that is no part of another."""
    tools = ROOT / ".venv" / "bin"
    whole = part.folder == ROOT
    folders = ENGINE if whole else [str(part.folder.relative_to(ROOT))]
    return [
        Check("mypy engine", [tools / "mypy", "--strict", "--no-error-summary"]) if whole else types_of(part),
        Check(f"black {part.name}", [tools / "black", "--check", "--quiet", "--diff", *folders]),
        Check(f"isort {part.name}", [tools / "isort", *ISORT, "--check-only", "--quiet", "--diff", *folders]),
        Check(f"flake8 {part.name}", [tools / "flake8", *folders]),
    ]


def main(names: Sequence[str]) -> int:
    """Run the checks of the named parts, one after the other."""
    known = {part.name: part for part in parts()}
    unknown = [name for name in names if name not in known and name != web.NAME]
    if unknown or not names:
        print(f"python -m tools.lint PART..., one of {', '.join([*known, web.NAME])}", file=sys.stderr)
        return 2
    chosen = [check for name in names if name in known for check in checks_of(known[name])]
    chosen += [of_web(name, *rest) for name, *rest in WEB_CHECKS if web.NAME in names]
    outcomes = []
    for check in chosen:
        outcomes.append(judge(check))
        print(outcomes[-1], flush=True)
    return int(not all(outcome.passed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
