"""Set up the environments from the lock files: `python3 tools/sync.py [--tolerate-python] [PART...]`, by default all.

Runs on the machine's own Python with the standard library alone, since nothing else is there yet. What is up to date
is left alone: each environment keeps a fingerprint of what it was made from, so a warm start costs milliseconds.

Exit code 1 where an environment cannot be made. A part whose `requires-python` fits no Python that can be found or
fetched is said loudly; with `--tolerate-python` that alone is no failure, and the part stays without environment.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import deliver, web  # noqa: E402
from tools.layout import ROOT, Part, parts  # noqa: E402

UV_REQUIREMENT = ROOT / "tools" / "uv.txt"
STAMP = ".synced"

# Variables of uv that say how to reach the network and where to keep files. All others could change what is
# installed, or where, and so would the environment that this process itself may run in.
KEPT_UV_VARIABLES = {
    "UV_CACHE_DIR",
    "UV_CONCURRENT_DOWNLOADS",
    "UV_HTTP_RETRIES",
    "UV_HTTP_TIMEOUT",
    "UV_INSECURE_HOST",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_PYTHON_DOWNLOADS",
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_SYSTEM_CERTS",
}
# Where systems keep the certificate authorities that they trust.
SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
DROPPED_VARIABLES = {"CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}


class SyncError(Exception):
    """An environment cannot be made; the text says why and what to do."""


class PythonMisfit(SyncError):
    """No Python that the part runs on was found or could be fetched."""


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that would change what uv installs, or where.

    uv trusts the authorities that it brings along; a machine behind an inspecting proxy has one more in its own list.
    So that list is taken where there is one.
    """
    clean = {
        name: value
        for name, value in variables.items()
        if name not in DROPPED_VARIABLES and (not name.startswith("UV_") or name in KEPT_UV_VARIABLES)
    }
    if any(Path(name).is_file() for name in SYSTEM_CERTIFICATES):
        clean.setdefault("UV_SYSTEM_CERTS", "true")
    return clean


def fingerprint(part: Part) -> str:
    """Return a digest of all that decides what the environment of a part holds."""
    digest = hashlib.sha256()
    sdk = ROOT / "services" / "sdk" / "pyproject.toml"
    for path in (part.folder / "pyproject.toml", part.folder / "uv.lock", sdk, UV_REQUIREMENT):
        digest.update(path.read_bytes() if path.is_file() else b"")
        digest.update(b"\0")
    digest.update(str(part.folder).encode())
    return digest.hexdigest()


def is_current(part: Part) -> bool:
    """Tell whether the environment is there and was made from the present files."""
    stamp = part.venv / STAMP
    return part.python.exists() and stamp.is_file() and stamp.read_text() == fingerprint(part)


def run(command: Sequence[str | Path], failure: str, variables: Mapping[str, str] = os.environ) -> None:
    """Run a command and pass its words on only if it fails, as a `SyncError` that begins with `failure`."""
    words, environment = [str(word) for word in command], clean_environment(variables)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SyncError(f"{failure}\n{done.stdout}{done.stderr}".rstrip())


def works(python: Path) -> bool:
    """Tell whether an interpreter starts: one in an environment that was moved or lost its base does not."""
    return python.exists() and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def install_uv(engine: Part) -> Path:
    """Make the engine's environment and put uv into it, in the one version whose hashes are written down."""
    uv = engine.venv / "bin" / "uv"
    version = UV_REQUIREMENT.read_text().partition("uv==")[2].split()[0]
    if uv.exists() and works(engine.python):
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout.split()
        if version in answer:
            return uv
    if not works(engine.python) or not (engine.venv / "bin" / "pip").exists():
        shutil.rmtree(engine.venv, ignore_errors=True)
        print(f"[setup] python {sys.version.split()[0]}: making .venv", flush=True)
        hint = "python3 -m venv fails; on Debian and Ubuntu it needs the package python3-venv"
        run([sys.executable, "-m", "venv", engine.venv], hint)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    run([engine.python, "-m", "pip", "install", *options, "-r", UV_REQUIREMENT], "uv cannot be installed:")
    return uv


def sync(part: Part, uv: Path) -> None:
    """Bring one environment to the state of its lock file.

    Raises `PythonMisfit` where the machine lacks a Python for it, and `SyncError` on anything else.
    """
    if is_current(part):
        return
    print(f"[setup] {part.name}: installing what {part.folder.relative_to(ROOT) / 'uv.lock'} names", flush=True)
    command: list[str | Path] = [uv, "sync", "--locked", "--quiet", "--project", part.folder]
    try:
        run(command, f"the environment of {part.name} cannot be made:")
    except SyncError as error:
        found = subprocess.run(
            [uv, "python", "find", "--no-project", part.requires_python],
            env=clean_environment(os.environ),
            capture_output=True,
            check=False,
        )
        if found.returncode == 0:
            raise
        own = ".".join(map(str, sys.version_info[:3]))
        raise PythonMisfit(
            f"{part.name} needs Python {part.requires_python}. This machine has {own}, no other that fits, and none "
            f"could be fetched. Install one that fits beside it; it is found by itself.\n{error}"
        ) from error
    (part.venv / STAMP).write_text(fingerprint(part))


def sync_node(engine: Part, uv: Path) -> None:
    """Bring Node where there is none. Raises `SyncError`."""
    for command in web.node_commands(uv, engine.python):
        print("[setup] node: taking it from PyPI, for this machine has none that is new enough", flush=True)
        run(command, "Node cannot be installed:")


def sync_web(engine: Part, uv: Path) -> None:
    """Bring the packages of the web page to the state of their lock file, and Node where there is none. Raises
    `SyncError`."""
    if web.is_current():
        return
    sync_node(engine, uv)
    print(f"[setup] {web.NAME}: installing what {web.NAME}/package-lock.json names", flush=True)
    run(web.package_command(), "the packages of the web page cannot be installed:", web.environment())
    web.STAMP.write_text(web.fingerprint())


def sync_delivery(engine: Part, uv: Path) -> None:
    """Bring what the road to the cluster is tested with to the state of its lock file. Raises `SyncError`."""
    if deliver.is_current():
        return
    sync_node(engine, uv)
    print(f"[setup] {deliver.NAME}: installing what tools/{deliver.NAME}/package-lock.json names", flush=True)
    run(deliver.package_command(), "the packages of tools/delivery cannot be installed:", web.environment())
    deliver.STAMP.write_text(deliver.fingerprint())


def sync_packages(names: Sequence[str], engine: Part, uv: Path) -> bool:
    """Bring the named packages of npm. Whether that failed, which is said."""
    try:
        if web.NAME in names:
            sync_web(engine, uv)
        if deliver.NAME in names:
            sync_delivery(engine, uv)
    except (SyncError, web.NoNode) as error:
        print(banner(str(error)), file=sys.stderr, flush=True)
        return True
    return False


def banner(text: str) -> str:
    """Frame a text so that nobody overlooks it."""
    bar = "!" * 100
    return "\n".join([bar, *(f"!!! {line}" for line in text.splitlines()), bar])


def main(arguments: Sequence[str]) -> int:
    """Set up the named parts, all by default; the engine's environment, which holds uv, always comes first."""
    known = {part.name: part for part in parts()}
    parser = argparse.ArgumentParser(description="Set up the environments from the lock files.")
    parser.add_argument("--tolerate-python", action="store_true", help="a part that no Python here fits is no failure")
    parser.add_argument("parts", nargs="*", choices=[[], *known, web.NAME, deliver.NAME], metavar="PART")
    chosen = parser.parse_args(arguments)
    names = chosen.parts or [*known, web.NAME, deliver.NAME]
    wanted = [known["engine"], *(part for name, part in known.items() if name in names and name != "engine")]
    packages = [of for of in (web, deliver) if of.NAME in names]
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all(is_current(part) for part in wanted) and all(of.is_current() for of in packages):
            return 0
        try:
            uv = install_uv(known["engine"])
        except SyncError as error:
            print(banner(str(error)), file=sys.stderr)
            return 1
        failed = sync_packages(names, known["engine"], uv)
        for part in wanted:
            try:
                sync(part, uv)
            except SyncError as error:
                print(banner(str(error)), file=sys.stderr, flush=True)
                failed = failed or not (chosen.tolerate_python and isinstance(error, PythonMisfit))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
