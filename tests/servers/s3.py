"""A real S3 server for tests: Ceph's gateway. `python -m tests.servers.s3` runs one and prints how to reach it."""

import atexit
import contextlib
import functools
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.missing import without_server
from tests.servers.s3_cluster import SCRIPT, Cluster, new_folder

UNPACK_SECONDS = 600


class NoServer(Exception):
    """There is no S3 server, or this one cannot do it; the text says why, and what to do."""


class S3:
    """One S3 server. `url`, `zone`, `key_id` and `secret_key` are what a client needs.

    Where S3_TEST_URL, S3_TEST_KEY_ID and S3_TEST_SECRET_KEY name a server, it is that one, and it can neither be
    stopped nor given keys (`own` is false). The data are kept until `close`, whatever is done to the gateway.
    """

    zone = "us-east-1"

    def __init__(self) -> None:
        given = os.environ.get("S3_TEST_URL")
        self.own = not given
        self.url = given or ""
        self.key_id = os.environ.get("S3_TEST_KEY_ID", "") if given else secrets.token_hex(10).upper()
        self.secret_key = os.environ.get("S3_TEST_SECRET_KEY", "") if given else secrets.token_hex(20)
        self._cluster: Cluster | None = None

    def start(self) -> None:
        """Start it, or what was ended of it, and wait until it answers. Raises NoServer."""
        if not self.own:
            return
        if self._cluster is not None:
            return self._cluster.start()
        programs = unpacked()
        self._cluster = Cluster(programs, new_folder())
        self.url = f"http://127.0.0.1:{self._cluster.port}"
        try:
            self._cluster.start()
            self._admin("user", "create", "--display-name=test", *self._keys(self.key_id, self.secret_key))
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """End the gateway in peace; `start` brings it back with all data."""
        self._mine().end_gateway(signal.SIGTERM)

    def kill(self) -> None:
        """End the gateway at once; `start` brings it back with all data."""
        self._mine().end_gateway(signal.SIGKILL)

    def pause(self) -> None:
        """Stop the gateway where it stands: connections are taken, and nothing is answered, until `resume`."""
        self._mine().signal_gateway(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._mine().signal_gateway(signal.SIGCONT)

    def new_key(self) -> tuple[str, str]:
        """One more key of the same user: its id and its secret."""
        key_id, secret_key = secrets.token_hex(10).upper(), secrets.token_hex(20)
        self._admin("key", "create", "--key-type=s3", *self._keys(key_id, secret_key))
        return key_id, secret_key

    def remove_key(self, key_id: str) -> None:
        """Make a key invalid."""
        self._admin("key", "rm", "--key-type=s3", f"--access-key={key_id}")

    @contextmanager
    def quota(self, objects: int) -> Iterator[None]:
        """While this lasts, no bucket that is new takes more than so many objects."""
        self._admin("quota", "set", "--quota-scope=bucket", f"--max-objects={objects}")
        self._admin("quota", "enable", "--quota-scope=bucket")
        try:
            yield
        finally:
            self._admin("quota", "disable", "--quota-scope=bucket")

    def close(self) -> None:
        """End everything and remove the data."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    @staticmethod
    def _keys(key_id: str, secret_key: str) -> list[str]:
        return [f"--access-key={key_id}", f"--secret-key={secret_key}"]

    def _mine(self) -> Cluster:
        if self._cluster is None:
            raise NoServer("A server that is named by S3_TEST_URL can be neither stopped nor changed; unset it.")
        return self._cluster

    def _admin(self, *arguments: str) -> None:
        self._mine().run("radosgw-admin", *arguments, "--uid=test")


def unpacked() -> Path:
    """The folder with Ceph's programs; they are fetched and unpacked at first. Raises NoServer."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "engine-tests" / "ceph"
    try:
        done = subprocess.run(
            ["bash", str(SCRIPT), "unpack", str(folder)], capture_output=True, text=True, timeout=UNPACK_SECONDS
        )
        why = "" if done.returncode == 0 else (done.stderr.strip() or done.stdout.strip())[-500:]
    except (OSError, subprocess.SubprocessError) as error:
        why = str(error)
    if why:
        raise NoServer(
            "Ceph's gateway cannot be unpacked here (it needs Linux with apt-get and its repositories). Name an S3"
            " server with S3_TEST_URL, S3_TEST_KEY_ID and S3_TEST_SECRET_KEY, or set ALLOW_MISSING_SERVERS=1 to do"
            f" without what needs one. {why}"
        )
    return folder


@functools.cache
def _started() -> S3 | NoServer:
    """A failure is kept too: trying again takes long, and gives the same."""
    server = S3()
    try:
        server.start()
    except NoServer as error:
        return error
    atexit.register(server.close)
    return server


def shared_s3() -> S3:
    """The one server of this process, which runs until that ends. Raises NoServer."""
    found = _started()
    if isinstance(found, NoServer):
        raise found
    return found


def s3_for_tests() -> S3:
    """What a fixture gives: `shared_s3`. Where there is none the test fails; ALLOW_MISSING_SERVERS=1 skips it."""
    try:
        return shared_s3()
    except NoServer as error:
        without_server(str(error))


def main() -> None:
    """Run one until a signal comes; print the settings of an engine that uses it."""
    server = shared_s3()
    settings = {"S3_URL": server.url, "S3_ZONE": server.zone, "S3_KEY_ID": server.key_id}
    print(json.dumps(settings | {"S3_SECRET_KEY": server.secret_key}), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    main()
