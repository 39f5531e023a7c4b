"""How many pictures a second the service takes, and what they cost: `python tests/throughput.py [side] [count]`.

Starts the service with its built-in detectors, sends the sample scaled to `side` pixels (512) `count` times (200) with
four calls at a time, and fails if one answer is not one face and one person. The memory of the server and its workers
is looked at after each tenth of the calls: with a count of 10000 it shows that the memory stays bounded.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import httpx
from aiservice.testing import running
from pictures import file_of, sample


def tree(pid: int) -> dict[int, list[str]]:
    """The fields of /proc/PID/stat, from the state on, of a process and all that it started."""
    found = {pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()}
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found |= tree(int(child))
    return found


def main(side: int = 512, count: int = 200) -> None:
    picture = file_of(sample(side), "JPEG", quality=90)
    with running("object_detection") as service, httpx.Client(timeout=120) as client:
        pid = service.process.pid

        def send(_: int) -> float:
            start = time.perf_counter()
            answer = client.post(service.url + "/compute", files={"image": picture}, headers={"Prefer": "wait=100"})
            labels = sorted(one["label"] for one in answer.json()["objects"])
            assert labels == ["face", "person"], answer.text
            return time.perf_counter() - start

        def cpu() -> float:
            return sum(int(fields[11]) + int(fields[12]) for fields in tree(pid).values()) / os.sysconf("SC_CLK_TCK")

        times: list[float] = []
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(send, range(8)))
            start, used = time.perf_counter(), cpu()
            for part in range(10):
                times += threads.map(send, range(count * part // 10, count * (part + 1) // 10))
                pages = (int(fields[21]) for fields in tree(pid).values())
                sizes = "+".join(str(one * os.sysconf("SC_PAGE_SIZE") >> 20) for one in pages)
                print(f"after {len(times)} calls, memory of server and workers: {sizes} MB", flush=True)
            seconds, used = time.perf_counter() - start, cpu() - used
    print(f"{side} x {side}: {count / seconds:.1f} pictures/s with 4 at a time, median {median(times) * 1000:.0f} ms;")
    print(f"CPU {used / count * 1000:.0f} ms a picture, load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
