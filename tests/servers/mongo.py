"""A real server of MongoDB's protocol for tests. `python -m tests.servers.mongo` runs one and prints its URI.

MONGO_TEST_URI names one that runs; else a `mongod` on the PATH is started, else nx-27017, a stand-in from PyPI.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from aiservice.testing import free_port

_START_SECONDS = 60.0
_STAND_IN = Path(sys.executable).with_name("nx-27017")


class NoServer(Exception):
    """There is no server, or this one cannot do it; the text says why, and what to do."""


class Mongo:
    """One server. `uri` is how to reach it, `kind` which it is: MONGO_TEST_URI, mongod or nx-27017.

    `folder` takes its data, which are kept whatever is done to the process. One that is named by MONGO_TEST_URI is not
    ours (`own` is false): it can be neither stopped nor paused.
    """

    def __init__(self, folder: Path) -> None:
        given = os.environ.get("MONGO_TEST_URI")
        self.own = not given
        self.kind = kind()
        self.port = 0 if given else free_port()
        self.uri = given or f"mongodb://127.0.0.1:{self.port}"
        self._folder = folder
        self._names: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._running().pid

    def start(self) -> None:
        """Start it, on the same port and data as before, and wait until it answers. Raises NoServer."""
        if not self.own or self._process is not None:
            return
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self._command(data), stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=self._folder
            )
        self._wait()

    def stop(self) -> None:
        """End it in peace."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (-9)."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stop it where it stands: connections are taken, and nothing is answered, until `resume`."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, if it runs; of one that is not ours remove the databases that were made."""
        for name in self._names if not self.own else ():
            self.drop(name)
        if self._process is not None:
            self.kill()

    def fresh_name(self) -> str:
        """The name of a database that nobody has used."""
        self._names.append(f"test_{uuid4().hex[:16]}")
        return self._names[-1]

    def fresh_uri(self) -> str:
        """The URI, with a database that nobody has used."""
        address, _, options = self.uri.partition("?")
        scheme, _, host = address.rstrip("/").partition("://")
        return f"{scheme}://{host.partition('/')[0]}/{self.fresh_name()}{'?' if options else ''}{options}"

    def drop(self, name: str) -> None:
        """Remove a database."""
        with MongoClient[dict[str, object]](self.uri, serverSelectionTimeoutMS=2_000) as client:
            client.drop_database(name)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise NoServer("This server does not run, or it is named by MONGO_TEST_URI and not ours; unset that.")
        return self._process

    def _command(self, data: Path) -> list[str]:
        if self.kind == "mongod":
            return ["mongod", "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1", "--quiet"]
        place = ["--data-dir", str(data), "--host", "127.0.0.1", "--port", str(self.port)]
        return [str(_STAND_IN), *place, "--log-file", str(data / "log"), "--pid-file", str(data / "pid")]

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                self._process = None
                raise NoServer(f"{self.kind} ended: {(self._folder / 'output').read_text('utf-8', 'replace')[-500:]}")
            with contextlib.suppress(PyMongoError):
                with MongoClient[dict[str, object]](self.uri, serverSelectionTimeoutMS=100) as client:
                    client.admin.command("ping")
                    return
        self.close()
        raise NoServer(f"{self.kind} does not answer after {_START_SECONDS:g} seconds.")

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._running(), None
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)  # one that was paused would never hear of it
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kind() -> str:
    """Which server the tests use: MONGO_TEST_URI, mongod or nx-27017."""
    if os.environ.get("MONGO_TEST_URI"):
        return "MONGO_TEST_URI"
    return "mongod" if shutil.which("mongod") else "nx-27017"


def describe() -> str:
    """A line that says against which server the tests of MongoDB run."""
    sentences = {
        "MONGO_TEST_URI": "the server that MONGO_TEST_URI names; tests that stop or pause it start another one",
        "mongod": "mongod, as found on the PATH",
        "nx-27017": "nx-27017, a stand-in for MongoDB's protocol (neither MONGO_TEST_URI nor a mongod was found)",
    }
    return f"MongoDB: {sentences[kind()]}"


@contextmanager
def mongo_server(folder: Path | None = None) -> Iterator[Mongo]:
    """A server that runs, in this folder or one of its own, and ends with the block. Raises NoServer."""
    own = tempfile.mkdtemp(prefix="engine-mongo-") if folder is None else None
    server = Mongo(Path(own or str(folder)))
    server.start()
    try:
        yield server
    finally:
        server.close()
        if own is not None:
            shutil.rmtree(own, ignore_errors=True)


def main() -> None:
    """Run one until a signal comes."""
    with mongo_server() as server:
        print(server.uri, flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
