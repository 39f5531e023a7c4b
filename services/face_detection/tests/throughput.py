"""How many pictures a second the service takes, and what they cost: `python tests/throughput.py [side] [count]`.

Starts the service, sends the sample scaled to `side` pixels (512) `count` times (300) with eight calls at a time, and
fails if one of the answers has not exactly one face. The CPU time is that of the server and its workers, which another
load on the machine changes little; the memory is looked at after each tenth of the calls. With a count of 10000 it
shows that the memory stays bounded.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from aiservice.testing import form, running
from pictures import file_of, sample


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _words(task / "children")]
    return [pid, *(one for child in children for one in family(child))]


def _words(path: Path) -> list[str]:
    return path.read_text().split()


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all that it started, so far."""
    ticks = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> list[int]:
    """Resident memory of a process and of each that it started, MB."""
    page = os.sysconf("SC_PAGE_SIZE")
    return [int(_words(Path(f"/proc/{one}/statm"))[1]) * page >> 20 for one in family(pid)]


def main(side: int = 512, count: int = 300) -> None:
    content_type, body = form({"image": ("a.jpg", file_of(sample(side), "JPEG", quality=90), "image/jpeg")}, None)
    headers = {"Content-Type": content_type, "Prefer": "wait=60"}
    with running("face_detection") as service:
        where = urlsplit(service.url).netloc

        def send(_: int) -> float:
            start = time.perf_counter()
            connection = http.client.HTTPConnection(where, timeout=120)
            connection.request("POST", "/compute", body, headers)
            answer = json.loads(connection.getresponse().read())
            connection.close()
            assert len(answer["answer"]) == 1, answer
            return time.perf_counter() - start

        times: list[float] = []
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, range(16)))
            start, used = time.perf_counter(), cpu_seconds(service.process.pid)
            for part in range(10):
                times += threads.map(send, range(count * part // 10, count * (part + 1) // 10))
                sizes = "+".join(map(str, memory(service.process.pid)))
                print(f"after {len(times)} calls, memory of server and workers: {sizes} MB", flush=True)
            seconds, used = time.perf_counter() - start, cpu_seconds(service.process.pid) - used
        alone = [send(0) for _ in range(20)]
    print(f"{side} x {side}: {count / seconds:.1f} pictures/s with 8 at a time (median {median(times) * 1000:.0f} ms);")
    print(f"one at a time {median(alone) * 1000:.0f} ms; CPU {used / count * 1000:.1f} ms a picture;")
    print(f"busy cores {used / seconds:.2f}, load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
