"""Processes that a benchmark starts, measures from outside and ends by their id."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
_GRACE = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A benchmark's process, a count or a result is not what it must be."""


class Process:
    """A Python program of this project. Its errors go to `{name}.log` in `folder`, which is also where it runs.

    So does what it prints, unless `speaks`: then `first_line` has it. Settings of the engine and of services in the
    environment are not passed on.
    """

    def __init__(
        self, name: str, arguments: list[str], folder: Path, environment: Mapping[str, str], speaks: bool = False
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("APP_", "REG_", "MONGO_", "S3_", "OTEL_"))
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env={**inherited, "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if speaks else log,
                stderr=log,
            )
        self.pid = self._process.pid

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def first_line(self) -> str:
        """The first line that the program prints. Raises Failed where it ends without one."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode().strip()
        if not line:
            raise self.failure("ended at its start")
        return line

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self._process.poll() is None

    def failure(self, what: str) -> Failed:
        """An error about this program, with the end of its log."""
        return Failed(f"{self.name} {what}; the end of its log:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """End it with SIGTERM, and with SIGKILL where that is not enough."""
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def resident(self) -> float:
        """Memory in RAM now, in MB (10**6 bytes), with that of the processes that it has started."""
        return sum(_status_bytes(pid, "VmRSS") for pid in self._family()) / 1e6

    def peak(self) -> float:
        """The most memory in RAM since its start, in MB, with that of the processes that it has started."""
        return sum(_status_bytes(pid, "VmHWM") for pid in self._family()) / 1e6

    def cpu_seconds(self) -> float:
        """Time on a processor since its start, in user and system mode."""
        return cpu_seconds(self.pid)

    def family_seconds(self) -> float:
        """The same with that of the processes that it has started and that still run."""
        return sum(cpu_seconds(pid) for pid in self._family())

    def thread_seconds(self) -> tuple[float, float]:
        """The same for its main thread, and for all other threads that still run."""
        main = _cpu_seconds(Path(f"/proc/{self.pid}/task/{self.pid}/stat"))
        every = [_cpu_seconds(path / "stat") for path in Path(f"/proc/{self.pid}/task").iterdir()]
        return main, sum(every) - main

    def _family(self) -> list[int]:
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            waiting += [int(child) for child in children.split()]
        return found


def cpu_seconds(pid: int) -> float:
    """Time of a process on a processor since its start, in user and system mode."""
    return _cpu_seconds(Path(f"/proc/{pid}/stat"))


def machine_seconds() -> float:
    """The same of all that ran on this machine since its start."""
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / _TICKS


def _cpu_seconds(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status_bytes(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0
