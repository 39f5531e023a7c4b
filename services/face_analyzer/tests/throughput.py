"""How many pictures a second the service takes: `python tests/throughput.py [side] [count] [attributes]`.

Starts the service, sends the sample scaled to `side` pixels (512) `count` times (300) with eight calls at a time, and
fails if one of the answers has no face. With `attributes` the models of FACE_MODELS are used, which must be there.
Tells the CPU time of a picture too, which other work on the machine changes less, and the memory of all processes
after a third of the calls and at the end, so that growth is seen.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from aiservice.testing import RunningService, form, running
from pictures import file_of, sample


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(service: RunningService) -> float:
    """Megabytes that the service and its workers hold (Pss of smaps_rollup, proc(5))."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family(service.pid)]
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in texts) / 1024


def work(service: RunningService) -> float:
    """Seconds of CPU time that they have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in family(service.pid)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def main(side: int = 512, count: int = 300, attributes: bool = False) -> None:
    content_type, body = form({"image": ("a.jpg", file_of(sample(side / 512), "JPEG", quality=90), "image/jpeg")}, None)
    headers = {"Content-Type": content_type, "Prefer": "wait=60"}
    models = os.environ["FACE_MODELS"] if attributes else ""
    with running("face_analyzer", env={"FACE_MODELS": models}) as service:
        where = urlsplit(service.url).netloc

        def send(_: int) -> float:
            start = time.perf_counter()
            connection = http.client.HTTPConnection(where, timeout=120)
            connection.request("POST", "/compute", body, headers)
            answer = json.loads(connection.getresponse().read())
            connection.close()
            assert answer["face"]["smile"], answer
            return time.perf_counter() - start

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, range(16)))
            start, before = time.perf_counter(), work(service)
            times = list(threads.map(send, range(count // 3)))
            held = memory(service)
            times += list(threads.map(send, range(count - count // 3)))
            seconds, worked = time.perf_counter() - start, work(service) - before
        alone = [send(0) for _ in range(20)]
        pace = f"{count / seconds:.1f} pictures/s with 8 at a time (median {median(times) * 1000:.0f} ms)"
        print(f"{side} x {side}: {pace}; one at a time {median(alone) * 1000:.0f} ms")
        print(f"CPU time {worked / count * 1000:.1f} ms a picture")
        print(f"memory {held:.0f} MB after a third, {memory(service):.0f} MB after all of {count}")


if __name__ == "__main__":
    side_and_count = [512, 300]
    side_and_count[: len(sys.argv[1:3])] = map(int, sys.argv[1:3])
    main(side_and_count[0], side_and_count[1], attributes=sys.argv[3:] == ["attributes"])
