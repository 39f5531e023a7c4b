"""How many pictures a second the service takes: `python tests/throughput.py [side] [count]`.

Starts the service, sends the sample scaled to `side` pixels (512) `count` times (300) with eight calls at a time, and
fails if one of the answers has not exactly one face.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from urllib.parse import urlsplit

from aiservice.testing import form, running
from pictures import file_of, sample


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

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, range(16)))
            start = time.perf_counter()
            times = list(threads.map(send, range(count)))
            seconds = time.perf_counter() - start
        alone = [send(0) for _ in range(20)]
    print(
        f"{side} x {side}: {count / seconds:.1f} pictures/s with 8 at a time (median {median(times) * 1000:.0f} ms);",
        end=" ",
    )
    print(f"one at a time {median(alone) * 1000:.0f} ms")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
