"""A real Prometheus for tests, and promtool: Debian's package, unpacked without installing it."""

import functools
import json
import os
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from aiservice.testing import free_port
from tests.e2e.processes import wait_for
from tests.servers.missing import without_server

SCRIPT = Path(__file__).with_name("prometheus.sh")
UNPACK_SECONDS = 300


@functools.cache
def programs() -> Path:
    """The folder with `prometheus` and `promtool`, fetched at first. Where they are not to be had the test fails;
    ALLOW_MISSING_SERVERS=1 skips it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "engine-tests" / "prometheus"
    try:
        done = subprocess.run(
            ["bash", str(SCRIPT), str(folder)], capture_output=True, text=True, timeout=UNPACK_SECONDS
        )
        why = "" if done.returncode == 0 else (done.stderr.strip() or done.stdout.strip() or "it failed")[-500:]
    except (OSError, subprocess.SubprocessError) as error:
        why = str(error)
    if why:
        without_server(
            "Prometheus cannot be unpacked here (it needs Linux with apt-get and its repositories); "
            f"ALLOW_MISSING_SERVERS=1 does without. {why}"
        )
    return folder / "programs" / "usr" / "bin"


def promtool(*arguments: str | Path) -> str:
    """What promtool says. AssertionError where it finds something wrong."""
    done = subprocess.run([programs() / "promtool", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


class Prometheus:
    """One server on a free port, with its data in `folder`. It ends with this process, however that ends."""

    def __init__(self, folder: Path, config: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._arguments = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            str(programs() / "prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=warn",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self._is_ready, f"Prometheus is ready; its log is {self._folder}/log.txt", 60)

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now. AssertionError where it is wrong."""
        answer = self._ask(f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def firing(self) -> list[dict[str, str]]:
        """The labels and annotations of the alerts that fire."""
        alerts = self._ask("/api/v1/alerts")["data"]["alerts"]
        return [{**each["annotations"], **each["labels"]} for each in alerts if each["state"] == "firing"]

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log.txt").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _ask(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)
