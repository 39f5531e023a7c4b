"""Images and containers on this machine by buildah and podman, in a store of their own (`IMAGES_STORE`).

Both are programs of Debian that need neither a service in the background nor a registry. Root is needed.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.layout import ROOT

STORE = Path(os.environ.get("IMAGES_STORE", "/var/tmp/aim-images"))
"""Outside of the project: what the steps make is nobody's to check or to copy."""
BASE = "docker.io/library/python:3.11-slim-bookworm"
CERTIFICATES = Path("/etc/ssl/certs")
# One of the two programs that start containers; crun does not work beside control groups of both versions.
RUNTIMES = ("runc", "crun")
NEEDED = ("buildah", "podman", "mmdebstrap")

_PACKAGES = (
    "usr-is-merged,python3.11,python3-distutils,python3-pip-whl,python3-setuptools-whl,ca-certificates,netbase,tzdata"
)
# What Debian's own images have: /bin as a link into /usr from the beginning, which saves Perl.
_HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"
_PIP = """
rm "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED
chroot "$1" sh -c 'PYTHONPATH=$(ls /usr/share/python-wheels/pip-*.whl) python3 -m pip install --quiet \
    --root-user-action=ignore --no-index --find-links /usr/share/python-wheels pip setuptools'
ln -s /usr/bin/python3.11 "$1"/usr/local/bin/python
ln -s /usr/bin/python3.11 "$1"/usr/local/bin/python3
rm -r "$1"/usr/share/python-wheels
"""


class CannotRun(Exception):
    """This machine cannot build or run images; the text says why."""


class Failed(Exception):
    """An image could not be built, or does not do what it should; the text says what happened."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    text: str


def require() -> None:
    """Raise `CannotRun` with all that is missing."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if not any(shutil.which(name) for name in RUNTIMES):
        missing.append("runc")
    if missing:
        raise CannotRun(f"missing: {', '.join(missing)}. On Debian: apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise CannotRun("root is needed: sudo make images")


def run(*words: str | Path, seconds: float = 3_600) -> Ended:
    """Run a command to its end; `text` is all that it printed. Raises `Failed` where it takes longer."""
    try:
        done = subprocess.run(
            [str(word) for word in words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(map(str, words))}: not done after {seconds:.0f} s") from error
    return Ended(done.returncode, done.stdout)


def must(*words: str | Path, seconds: float = 3_600) -> str:
    """Run a command and return what it printed. Raises `Failed` where it fails."""
    done = run(*words, seconds=seconds)
    if done.code:
        raise Failed(f"{' '.join(map(str, words))}: exit code {done.code}\n{done.text[-4_000:]}")
    return done.text


def _where() -> list[str]:
    return ["--root", str(STORE / "store"), "--runroot", str(STORE / "run")]


def buildah(command: str, *words: str | Path) -> str:
    """Run a command of buildah. Raises `Failed`."""
    return must("buildah", *_where(), command, *words)


def podman(*words: str | Path) -> list[str]:
    """Return a command of podman, to be run."""
    runtime = next(name for name in RUNTIMES if shutil.which(name))
    return ["podman", *_where(), "--cgroup-manager", "cgroupfs", "--runtime", runtime, *map(str, words)]


def size_of(image: str) -> int:
    """Return the bytes of an image with all below it, unpacked."""
    found: list[dict[str, Any]] = json.loads(must(*podman("image", "inspect", image)))
    return int(found[0]["Size"])


def has(image: str) -> bool:
    """Tell whether an image is in the store."""
    return run(*podman("image", "exists", image)).code == 0


def pull_base() -> None:
    """Take the real base image from its registry. Raises `Failed`."""
    buildah("pull", BASE)


def make_base() -> None:
    """Make a stand-in for the base image: Debian 12 with its own Python 3.11, and pip where the real one has it."""
    STORE.mkdir(parents=True, exist_ok=True)
    tree = STORE / "base.tar"
    options = ["--quiet", "--variant=minbase", f"--include={_PACKAGES}", '--aptopt=APT::Install-Recommends "false"']
    for folder in ("man", "doc", "locale"):
        options.append(f"--dpkgopt=path-exclude=/usr/share/{folder}/*")
    must("mmdebstrap", *options, f"--hook-directory={_HOOKS}", f"--customize-hook={_PIP}", "bookworm", tree)
    container = buildah("from", "scratch").split()[-1]
    buildah("add", "--quiet", container, tree, "/")
    path = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    buildah("config", "--env", f"PATH={path}", "--env", "LANG=C.UTF-8", "--cmd", "python3", container)
    buildah("commit", "--quiet", container, BASE)
    buildah("rm", container)
    tree.unlink()


def build(dockerfile: Path, image: str, revision: str) -> float:
    """Build an image by its Dockerfile; return the seconds it took. Raises `Failed`."""
    begin = time.monotonic()
    options = ["--isolation", "chroot", "--format", "docker", "--layers", "--pull-never"]
    if CERTIFICATES.is_dir():
        # Where this machine trusts an authority of its own (a proxy that looks inside), the steps must do so too.
        options += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    buildah("bud", *options, "--build-arg", f"REVISION={revision}", "--file", dockerfile, "--tag", image, ".")
    return time.monotonic() - begin


class Container:
    """One container, as it is meant to be run: read-only, without capabilities, with limits, without any network.

    `volumes` are folders of the image that can be written to; they start with what the image has there. `network` may
    be `container:<name>`: that one's network, of which loopback is all there is.
    """

    def __init__(self, name: str, image: str, memory: str, volumes: Sequence[str] = (), network: str = "none") -> None:
        self.name = name
        self._image = image
        self._options = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]
        self._options += ["--memory", memory, "--pids-limit=512", "--tmpfs=/tmp", "--network", network]
        self._options += ["--ulimit=nofile=20000:20000", "--ulimit=nproc=10000:10000"]
        self._options += [f"--volume={folder}" for folder in volumes]

    def start(self, *options: str) -> None:
        """Start what the image says."""
        run(*podman("rm", "--force", "--volumes", "--time", "0", self.name))
        must(*podman("run", "--detach", "--name", self.name, *self._options, *options, self._image))

    def wait_healthy(self, seconds: float) -> None:
        """Ask the image's health check until it passes. Raises `Failed` where it does not, or the program ends."""
        deadline = time.monotonic() + seconds
        while True:
            asked = run(*podman("healthcheck", "run", self.name))
            if asked.code == 0:
                return
            state = must(*podman("inspect", "--format", "{{.State.Status}}", self.name)).strip()
            if state != "running" or time.monotonic() > deadline:
                raise Failed(f"{self.name} is {state}, and not healthy: {asked.text.strip()}\n{self.log()[-4_000:]}")
            time.sleep(0.1)

    def python(self, code: str) -> str:
        """Run Python code in it, as its user; return what it prints. Raises `Failed`."""
        return must(*podman("exec", self.name, "python", "-c", code)).strip()

    def memory(self) -> str:
        """The memory it uses."""
        line = must(*podman("stats", "--no-stream", "--no-reset", "--format", "{{.MemUsage}}", self.name))
        return line.strip().splitlines()[-1].split("/")[0].strip()

    def log(self) -> str:
        """All that it has printed."""
        return run(*podman("logs", self.name)).text

    def stop(self, seconds: int) -> int:
        """End it by its stop signal; return its exit code."""
        must(*podman("stop", "--time", str(seconds), self.name))
        return int(must(*podman("inspect", "--format", "{{.State.ExitCode}}", self.name)))

    def remove(self) -> None:
        """Take it away, with its volumes, whatever state it is in."""
        run(*podman("rm", "--force", "--volumes", "--time", "0", self.name))
