"""Ceph's object store on loopback: one monitor, one OSD in memory, and the gateway that speaks S3.

Every process ends with the one that started it (`rgw.sh run`), whatever happens to that.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiservice.testing import free_port

SCRIPT = Path(__file__).with_name("rgw.sh")
START_SECONDS = 60.0

_CONFIG = """[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon}/0,v1:127.0.0.1:{mon_v1}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
# Without "crc" the gateway hangs where authentication is off.
ms_mon_client_mode = crc
ms_client_mode = crc
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
run_dir = {data}/run
admin_socket = {data}/run/$name.$pid.asok
log_file = {data}/log/$name.log
plugin_dir = {lib}/ceph
erasure_code_dir = {lib}/ceph/erasure-code
osd_class_dir = {lib}/rados-classes
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_crush_chooseleaf_type = 0
mon_data_avail_crit = 1
mon_data_avail_warn = 1
mon_warn_on_pool_no_redundancy = false
setuser_match_path = /
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
osd_heartbeat_interval = 1
# A gateway that was killed is not waited for when keys change.
osd_client_watch_timeout = 2
osd_default_notify_timeout = 2
client_notify_timeout = 2
[mon.a]
mon_data = {data}/mon
[osd]
osd_data = {data}/osd0
osd_objectstore = memstore
memstore_device_bytes = 8589934592
osd_class_load_list = *
osd_class_default_list = *
[client.admin]
rgw_frontends = beast endpoint=127.0.0.1:{port}
rgw_enable_ops_log = false
rgw_enable_apis = s3
rgw_dns_name =
"""


# A program dies with the thread that started it: this one lives as long as the process, whichever thread asks.
_spawner = ThreadPoolExecutor(1, "spawner")


def new_folder() -> Path:
    """A folder for a cluster of this process. Those of processes that were killed are removed."""
    for left in Path(tempfile.gettempdir()).glob("engine-s3-*-*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"engine-s3-{os.getpid()}-"))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return when the condition holds. AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


class Cluster:
    """The processes, with their data in `folder`, from the programs that were unpacked into `programs`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start what does not run, and wait until the gateway answers. Data that are there are kept."""
        if "mon" not in self._processes:
            self._make()
        if not self._runs("radosgw"):
            self._spawn("radosgw", "-f", "-n", "client.admin")
        wait_for(self._answers, f"the gateway answers; its log is in {self._folder}/log")

    def signal_gateway(self, number: signal.Signals) -> None:
        """Send the gateway a signal."""
        self._processes["radosgw"].send_signal(number)

    def end_gateway(self, number: signal.Signals) -> None:
        """End the gateway by a signal, and wait for that; the rest runs on and has the data."""
        if self._runs("radosgw"):
            self.signal_gateway(number)
            try:
                self._processes["radosgw"].wait(10)
            except subprocess.TimeoutExpired:
                self._processes["radosgw"].kill()
                self._processes["radosgw"].wait()

    def close(self) -> None:
        """End all and remove the data."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, *arguments: str) -> str:
        """Run a program of Ceph's to its end; what it wrote. CalledProcessError where it failed."""
        return subprocess.run(
            self._command(*arguments), env=self._environment(), check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def _make(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        for name in ("mon", "osd0", "run", "log"):
            (self._folder / name).mkdir(parents=True)
        fsid, osd, mon = str(uuid.uuid4()), str(uuid.uuid4()), free_port()
        lib = self._programs / "programs" / "usr" / "lib" / f"{os.uname().machine}-linux-gnu"
        mon_v1 = free_port()
        (self._folder / "ceph.conf").write_text(
            _CONFIG.format(fsid=fsid, mon=mon, mon_v1=mon_v1, data=self._folder, lib=lib, port=self.port)
        )
        monmap = str(self._folder / "monmap")
        addresses = f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]"
        self.run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", addresses, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._spawn("ceph-mon", "-f", "-i", "a", name="mon")
        wait_for(lambda: self._succeeds("ceph", "--connect-timeout", "2", "osd", "new", osd), "the monitor answers")
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._spawn("ceph-osd", "-f", "-i", "0", name="osd")

    def _succeeds(self, *arguments: str) -> bool:
        try:
            self.run(*arguments)
        except subprocess.SubprocessError:
            return False
        return True

    def _spawn(self, *arguments: str, name: str = "radosgw") -> None:
        with (self._folder / "log" / f"{name}.out").open("ab") as log:
            self._processes[name] = _spawner.submit(
                subprocess.Popen,
                self._command(*arguments),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ).result()

    def _runs(self, name: str) -> bool:
        return name in self._processes and self._processes[name].poll() is None

    def _answers(self) -> bool:
        assert self._runs("radosgw"), f"the gateway ended; its log is in {self._folder}/log"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def _command(self, *arguments: str) -> list[str]:
        return ["bash", str(SCRIPT), "run", str(self._programs), *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": str(self._folder / "ceph.conf")}
