"""What the road to the cluster is tested with, from npm: GitLab's jobs run on this machine, and kustomize.

Runs on the machine's own Python with the standard library alone, as `tools/sync.py` does, which calls it. In a shell:
`python -m tools.deliver gitlab-ci-local [ARGUMENT...]` and `python -m tools.deliver kustomize [ARGUMENT...]`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import web  # noqa: E402
from tools.layout import ROOT  # noqa: E402

NAME = "delivery"
FOLDER = ROOT / "tools" / NAME
PACKAGES = FOLDER / "node_modules"
STAMP = PACKAGES / ".synced"
_BUILDER = PACKAGES / "@install-binary" / "kustomize-linux-x64" / "kustomize-linux-x64"


class NoKustomize(Exception):
    """Neither the packages nor the machine have it."""


def fingerprint() -> str:
    """Return a digest of all that decides which packages there are."""
    digest = hashlib.sha256(str(FOLDER).encode())
    for name in ("package.json", "package-lock.json", ".npmrc"):
        digest.update((FOLDER / name).read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether the packages are there, made from the present files."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint()


def package_command() -> list[str | Path]:
    """Return what brings the packages, as the lock file says. Raises `NoNode`."""
    program, npm = web.node()
    return [program, npm, "ci", "--prefix", FOLDER, "--ignore-scripts", "--loglevel=error"]


def gitlab_ci_local(*arguments: str) -> list[str]:
    """Return the command that reads and runs `.gitlab-ci.yml`. Raises `NoNode`."""
    return [str(web.node()[0]), str(PACKAGES / ".bin" / "gitlab-ci-local"), *arguments]


def environment() -> dict[str, str]:
    """Return this process's environment for them: Node first, what stands in for a missing rsync last."""
    found = web.environment()
    return {**found, "PATH": os.pathsep.join([found["PATH"], str(FOLDER / "bin")])}


def kustomize(folder: Path) -> list[str]:
    """Return the command that builds a folder of `k8s/`: with the kustomize of the packages (Linux on x86-64 only),
    else with the machine's own kubectl or kustomize. Raises `NoKustomize`."""
    if _BUILDER.exists():
        return [str(_BUILDER), "build", str(folder)]
    own = shutil.which("kubectl"), shutil.which("kustomize")
    if own[0]:
        return [own[0], "kustomize", str(folder)]
    if own[1]:
        return [own[1], "build", str(folder)]
    raise NoKustomize("kustomize 4.5 or later, or kubectl 1.24 or later, is needed on this machine")


def main() -> int:
    """Run one of the two programs."""
    name, *arguments = sys.argv[1:] or [""]
    if name == "gitlab-ci-local":
        command = gitlab_ci_local(*arguments)
    elif name == "kustomize" and arguments:
        command = kustomize(Path(arguments[-1]))
    else:
        print("python -m tools.deliver gitlab-ci-local [ARGUMENT...] | kustomize FOLDER", file=sys.stderr)
        return 2
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
