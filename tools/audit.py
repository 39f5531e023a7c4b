"""Known weaknesses in what the lock files name: `python -m tools.audit [PART...]`, by default all parts, the page, and
what the tests of the delivery use (`delivery`).

Asks the advisories of PyPI, by pip-audit in an environment of its own, and those of npm. Exit code 0 where nothing is
known, 1 where something is, 3 where it could not be asked or a lock file could not be read: then nothing is known at
all, and that is said loudly.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import deliver, web
from tools.layout import ROOT, Part, parts
from tools.sync import banner, clean_environment

FOUND, NOT_ASKED = 1, 3
REQUIREMENT = ROOT / "tools" / "audit.txt"
OWN = ROOT / ".audit"
SHOWN = 2_000
"""Characters of what a program said that could not ask."""

OF_NPM: Mapping[str, Path] = {web.NAME: web.WEBAPP, deliver.NAME: deliver.FOLDER}
"""Folders whose lock file is npm's, by the name of the part."""

ACCEPTED: Mapping[str, str] = {}
"""Advisories that do not concern the project, by id, and why. Each is shown."""


class NotAsked(Exception):
    """Nothing is known of a part, or not all: what is, is `found`. The text says why."""

    def __init__(self, why: str, found: "Sequence[Weakness]" = ()) -> None:
        super().__init__(why)
        self.found = list(found)


@dataclass(frozen=True)
class Weakness:
    """One advisory for one package. `fixed` names versions that have it no more, as far as there are any."""

    package: str
    id: str
    also: tuple[str, ...] = ()
    fixed: str = ""

    @property
    def accepted(self) -> str:
        """Why it does not concern the project; "" where it does."""
        return next((ACCEPTED[name] for name in (self.id, *self.also) if name in ACCEPTED), "")

    def __str__(self) -> str:
        names = ", ".join((self.id, *self.also))
        told = f"{self.package}: {names}; fixed in {self.fixed or 'no version yet'}"
        return f"{told} (accepted: {self.accepted})" if self.accepted else told


def of_python(answer: str) -> list[Weakness]:
    """What pip-audit says, in JSON. Raises NotAsked where it is none, or where it had to leave out a package."""
    dependencies = _parsed(answer, "dependencies")
    left_out = [f"{each['name']}: {each['skip_reason']}" for each in dependencies if "skip_reason" in each]
    found = [
        Weakness(f"{each['name']} {each['version']}", v["id"], tuple(v["aliases"]), ", ".join(v["fix_versions"]))
        for each in dependencies
        for v in each.get("vulns", ())
    ]
    if left_out:
        raise NotAsked("\n".join(left_out), found)
    return found


def of_npm(answer: str) -> list[Weakness]:
    """What `npm audit` says, in JSON. Raises NotAsked where it is none."""
    found = {}
    for name, each in _parsed(answer, "vulnerabilities").items():
        for cause in each["via"]:
            if isinstance(cause, dict):  # else it is the name of a package that is listed itself
                fix = each["fixAvailable"]
                fixed = fix["name"] + " " + fix["version"] if isinstance(fix, dict) else "a newer one" if fix else ""
                found[name, cause["url"]] = Weakness(f"{name} {cause['range']}", cause["url"], (), fixed)
    return list(found.values())


def _parsed(answer: str, member: str) -> Any:
    try:
        document = json.loads(answer)
        return document[member]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAsked(f"the advisories could not be asked:\n{answer[-SHOWN:].strip() or 'no answer'}") from error


def _output(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> str:
    """What a program says; what it says of errors where it says nothing else."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout if done.stdout.strip() else done.stderr


def _done(command: Sequence[str | Path], what: str) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, env=clean_environment(os.environ), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAsked(f"{what}:\n{done.stderr[-SHOWN:].strip()}")


def pip_audit(uv: Path) -> Path:
    """Return the program, in the environment that its own lock file describes. Raises NotAsked."""
    if not (OWN / "bin" / "python").exists():
        _done([uv, "venv", "--quiet", "--no-project", OWN], "no environment can be made for pip-audit")
    options: list[str | Path] = [
        "--quiet",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--python",
        OWN / "bin" / "python",
    ]
    _done([uv, "pip", "sync", *options, REQUIREMENT], "pip-audit cannot be installed")
    return OWN / "bin" / "pip-audit"


def audit_python(part: Part, uv: Path, program: Path) -> list[Weakness]:
    """Ask for everything in the lock file of a part, what tests need too. Raises NotAsked."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        listed = Path(folder) / "requirements.txt"
        options = ["--frozen", "--all-groups", "--no-emit-local", "--no-header", "--quiet"]
        _done([uv, "export", *options, "--project", part.folder, "-o", listed], "the lock file cannot be read")
        return ask_python(listed, program)


def ask_python(listed: Path, program: Path) -> list[Weakness]:
    """Ask for the packages of a file of requirements with hashes. Raises NotAsked."""
    options = ["--require-hashes", "--disable-pip", "-f", "json", "--progress-spinner", "off"]
    return of_python(_output([program, "-r", listed, *options], ROOT, clean_environment(os.environ)))


def audit_npm(folder: Path) -> list[Weakness]:
    """Ask for everything in the lock file of a folder. Raises NotAsked."""
    try:
        node, npm = web.node()
        environment = web.environment()
    except web.NoNode as error:
        raise NotAsked(str(error)) from error
    return ask_npm([node, npm], folder, environment)


def ask_npm(npm: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> list[Weakness]:
    """Ask for the packages of the lock file in a folder. Raises NotAsked."""
    return of_npm(_output([*npm, "audit", "--json", "--package-lock-only"], folder, environment))


def audit_all(names: Sequence[str]) -> Iterator[tuple[str, list[Weakness], str]]:
    """The weaknesses of each part, and why they are not known."""
    uv = ROOT / ".venv" / "bin" / "uv"
    for part in parts():
        if not names or part.name in names:
            try:
                yield part.name, audit_python(part, uv, pip_audit(uv)), ""
            except NotAsked as error:
                yield part.name, error.found, str(error)
    for name, folder in OF_NPM.items():
        if not names or name in names:
            try:
                yield name, audit_npm(folder), ""
            except NotAsked as error:
                yield name, [], str(error)


def verdict(audits: Iterator[tuple[str, list[Weakness], str]]) -> int:
    """Say what was found, part by part; the exit code."""
    code, silent = 0, []
    for name, weaknesses, why_not in audits:
        if why_not:
            silent.append(f"{name}: NOT ASKED: {why_not}")
        print(f"{name}: {len(weaknesses) or 'nothing'} known", flush=True)
        for weakness in weaknesses:
            print(f"  {weakness}", flush=True)
            code = code if weakness.accepted else FOUND
    if silent:
        print(banner("\n".join(silent)), file=sys.stderr, flush=True)
        return NOT_ASKED
    return code


def main(arguments: Sequence[str]) -> int:
    """Ask for the named parts, all by default."""
    known = [*(part.name for part in parts()), *OF_NPM]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"there is no part {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    return verdict(audit_all(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
