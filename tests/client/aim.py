"""The command line as its users run it: within this process, as a process of its own, and on a terminal."""

import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.client.cli.app import app
from tests.e2e.processes import ROOT

SECONDS = 30.0
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it printed, by lines."""
        return self.out.splitlines()


def environment(engine: str) -> dict[str, str]:
    """The environment of a command."""
    dropped = ("AIM_ENGINE", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONPATH": str(ROOT), "AIM_ENGINE": engine, "TERM": "xterm-256color"}


def aim(engine: str, *arguments: str | Path, stdin: bytes = b"", folder: Path | None = None) -> Ran:
    """Run `aim` without a terminal, in this process."""
    out, err = _Written(), _Written()
    with ExitStack() as stack:
        stack.enter_context(chdir(folder or Path.cwd()))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        before = sys.stdin, os.environ.get("AIM_ENGINE")
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
        os.environ["AIM_ENGINE"] = engine
        try:
            app([str(each) for each in arguments], prog_name="aim")
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdin = before[0]
            os.environ.pop("AIM_ENGINE")
            os.environ.update({"AIM_ENGINE": before[1]} if before[1] is not None else {})
    return Ran(code, out.getvalue(), err.getvalue())


class _Written(io.StringIO):
    """An output that is no terminal, whatever the environment says."""

    encoding = "utf-8"


def process(engine: str, *arguments: str | Path, stdin: bytes = b"", folder: Path | None = None) -> Ran:
    """Run `aim` without a terminal, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "engine.client", *map(str, arguments)],
        env=environment(engine),
        input=stdin,
        capture_output=True,
        cwd=folder,
        timeout=SECONDS,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def _at_terminal() -> None:
    """Make the terminal that of the process, and have Ctrl-C mean what it means there: a test run in the background of
    a script is born with it ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def on_terminal(engine: str, *arguments: str | Path, until: Callable[[str], bool] | None = None) -> tuple[int, str]:
    """Run `aim` on a terminal of 100 columns and 30 lines: the exit code and all that was written to it, without codes.

    With `until`, Ctrl-C is typed once what was written fulfils it.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.client", *map(str, arguments)],
        env=environment(engine),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=_at_terminal,
    )
    os.close(follower)
    written = b""
    typed = False
    deadline = time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            if select.select([leader], [], [], 0.1)[0]:
                try:
                    chunk = os.read(leader, 65_536)
                except OSError:  # Linux: the other side is closed
                    break
                if not chunk:
                    break
                written += chunk
            if until is not None and not typed and until(plain(written)):
                os.write(leader, b"\x03")
                typed = True
        code = process.wait(max(deadline - time.monotonic(), 0.1))
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    return code, plain(written)


def plain(written: bytes) -> str:
    """What was written to a terminal, without the codes that move and colour."""
    return _CODES.sub("", written.decode("utf-8", "replace")).replace("\r", "")
