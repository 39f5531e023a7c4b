"""An engine on a small disk that nobody else has."""

import os
import shutil
import sys
from pathlib import Path

from tests.e2e.processes import Engine, Process, wait_for
from tests.faults.proof import NotRun

SIZE = "160m"
_MOUNT = 'mount -t tmpfs -o size=$0 tmpfs "$1" && echo mounted && exec sleep infinity'
_MOUNT_SECONDS = 30.0


class _Holder(Process):
    """A process with a mount namespace of its own, in which a small disk is mounted on the folder."""

    def __init__(self, folder: Path, mounted: Path) -> None:
        super().__init__([], folder, 0, {})
        alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        self._arguments = [*alone, "sh", "-c", _MOUNT, SIZE, str(mounted)]

    def mount(self) -> None:
        """Start. Raises NotRun where nothing can be mounted here."""
        self.spawn()
        told = wait_for(lambda: self.log or None, "the disk is mounted", _MOUNT_SECONDS)
        if told != "mounted\n":
            raise NotRun(f"no small disk can be mounted here: {told.strip()}")


class SmallDisk(Engine):
    """The engine. The disk is there from `mount` to `unmount`, however often the engine is started."""

    def mount(self) -> None:
        """Make the disk. Raises NotRun where that cannot be done here."""
        if shutil.which("unshare") is None or shutil.which("nsenter") is None:
            raise NotRun("no small disk can be mounted here: there is no unshare(1) and nsenter(1)")
        self.data.mkdir(exist_ok=True)
        self._holder = _Holder(self.folder / "disk", self.data)
        self._holder.mount()
        enter = ["nsenter", f"--target={self._holder.pid}", "--mount", f"--wd={self.folder}"]
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self._arguments = [*enter, *user, sys.executable, "-m", "engine"]

    def unmount(self) -> None:
        """Give the disk up."""
        self._holder.kill()

    @property
    def disk(self) -> Path:
        """The folder of the data, as it is seen from here."""
        return Path(f"/proc/{self._holder.pid}/root{self.data}")

    def files(self) -> list[Path]:
        """See `Engine.files`."""
        return [Path(place, name) for place, _, names in os.walk(self.disk / "binaries") for name in names]

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.disk / "filler").open("ab", buffering=0) as file:
            size = 2**20
            while size:
                try:
                    size = size if file.write(bytes(size)) == size else size // 2
                except OSError:
                    size //= 2

    def make_room(self) -> None:
        """Take away what filled it."""
        (self.disk / "filler").unlink()
