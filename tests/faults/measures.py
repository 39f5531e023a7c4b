"""What the system says of a process: proc(5)."""

import os
from pathlib import Path


def memory(pid: int) -> int:
    """Bytes of main memory that it has now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def descriptors(pid: int) -> int:
    """How many files and sockets it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))
