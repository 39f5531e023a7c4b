"""Engines and services as processes of their own, and waiting for what they do."""

import atexit
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

import httpx

from aiservice.testing import free_port
from tests.servers import chosen

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
STOP_SECONDS = 40.0
_SETTINGS = ("APP_", "REG_", "MONGO_", "S3_", "OTEL_")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def wait_for(condition: Callable[[], T | None], what: str, seconds: float = 10.0) -> T:
    """What the condition gives, once there is something: not None, False, 0, nor empty, but for a dict, which may be.
    AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or isinstance(found, dict):
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of the system that it may hold, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "services" / "sdk")]), **settings}


class Process:
    """A program on a port. It ends with this process, however that ends."""

    def __init__(self, arguments: list[str], folder: Path, port: int, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.settings = dict(settings)
        self._arguments = [sys.executable, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        """The process id of the one that was started last."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What all that were started here have written."""
        return (self.folder / "log.txt").read_text(errors="replace")

    def spawn(self) -> None:
        """Start it, and do not wait until it answers."""
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                env=clean_environment(self.settings),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        atexit.register(self.kill)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.spawn()
        wait_for(self.is_ready, f"{self._arguments[1:]} is ready; its log:\n{self.log}", START_SECONDS)

    def is_ready(self) -> bool:
        """Whether it can work. AssertionError where it has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"{self._arguments[1:]} ended:\n{self.log}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self) -> int:
        """Ask it to end, and wait for that."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        atexit.unregister(self.kill)


class Engine(Process):
    """An engine with a data folder of its own, which it keeps when it is started again."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, arguments: Sequence[str] = ("-m", "engine")
    ) -> None:
        port = free_port()
        self.data = folder / "data"
        own = {"APP_PORT": str(port), "REG_LOCAL_DATA": str(self.data), "APP_LOG": "warning"}
        super().__init__(list(arguments), folder, port, own | chosen.settings() | dict(settings or {}))
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def files(self) -> Sequence[PurePath]:
        """Every binary: files in their folder, complete or not, or what is in the bucket."""
        if self.settings.get("REG_STORAGE_TYPE") == "S3":
            return chosen.objects(self.settings)
        # Unlike glob, walk does not mind what goes while it looks.
        return [Path(place, name) for place, _, names in os.walk(self.data / "binaries") for name in names]

    def folders(self) -> list[Path]:
        """The folders of tasks among the binaries; in a bucket there are none."""
        shards = os.walk(self.data / "binaries")
        return [Path(place, name) for place, names, _ in shards for name in names if len(name) == 40]

    def peak_memory(self) -> int:
        """The most memory that it has had, in bytes (`VmHWM` of proc(5))."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    def kill(self) -> None:
        """End it at once, if it runs; connections to it are closed."""
        super().kill()
        self.client.close()
        self.client = httpx.Client(base_url=self.url, timeout=30)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
