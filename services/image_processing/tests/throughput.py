"""What the service costs: `python tests/throughput.py [calls]`, 300 by default; by hand, not a test.

First `image-blur` of a picture of 12 megapixels beside OpenCV alone, which decodes the same file, blurs the same area
with a Gaussian filter and encodes it, in one thread, in the same quality (95), with and without full colour resolution
(4:4:4, which is what the service writes). Both are measured in turns; the medians are compared. A call of the service
includes HTTP both ways. Then calls with a picture of 512 x 512, four at a time, with the memory of the server and its
workers after each tenth of them: with 10000 calls it shows that the memory stays bounded.
"""

from __future__ import annotations

import http.client
import io
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import cv2
import numpy as np
from aiservice.testing import form, running
from pictures import SAMPLE, file_of
from PIL import Image

TURNS = 9
AREA = (1400, 480, 2150, 1050)


def large() -> bytes:
    """A JPEG of 4000 x 3000 pixels with the noise of a camera."""
    pixels = cv2.resize(np.asarray(Image.open(SAMPLE)), (4000, 3000), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 4, pixels.shape)
    return file_of(np.clip(pixels + noise, 0, 255).astype(np.uint8), "JPEG", quality=90)


def opencv(data: bytes, *options: int) -> bytes:
    """The same work, by OpenCV."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    left, top, right, bottom = AREA
    pixels[top:bottom, left:right] = cv2.GaussianBlur(pixels[top:bottom, left:right], (0, 0), 20)
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95, *options])[1])


def full_colours(data: bytes) -> bytes:
    return opencv(data, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


def compare(send: Callable[[bytes], bytes], data: bytes) -> None:
    """Each in its turn, and what the median turn took."""
    ways: dict[str, Callable[[bytes], bytes]] = {"service": send, "OpenCV": opencv, "OpenCV, 4:4:4": full_colours}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            result = way(data)
            if turn:
                times[name].append((time.perf_counter() - start) * 1000)
            assert Image.open(io.BytesIO(result)).size == (4000, 3000)
    ours = times.pop("service")
    print(f"service: median {median(ours):.0f} ms ({min(ours):.0f} to {max(ours):.0f})")
    for name, taken in times.items():
        spread = f"{min(taken):.0f} to {max(taken):.0f}"
        share = median(one / other for one, other in zip(ours, taken))
        print(f"{name}: median {median(taken):.0f} ms ({spread}); the service takes {share:.2f} times as long")


def memory(pid: int) -> list[int]:
    """Resident memory of a process and of all that it started, MB."""
    started = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    below = [size for children in started for child in children for size in memory(int(child))]
    return [pages * os.sysconf("SC_PAGE_SIZE") >> 20, *below]


def main(calls: int = 300) -> None:
    cv2.setNumThreads(1)
    with running("image_processing") as service:
        where = urlsplit(service.url).netloc

        def blur(data: bytes, area: tuple[int, ...] = AREA) -> bytes:
            content_type, body = form({"image": ("a.jpg", data, "image/jpeg")}, {"areas": [area]})
            connection = http.client.HTTPConnection(where, timeout=120)
            headers = {"Content-Type": content_type, "Prefer": "wait=60", "Accept": "image/*"}
            connection.request("POST", "/blur", body, headers)
            answer = connection.getresponse()
            result = answer.read()
            assert answer.status == 200 and answer.getheader("Content-Type") == "image/jpeg", result[:300]
            connection.close()
            return result

        compare(blur, large())
        small = SAMPLE.read_bytes()
        start, sizes = time.perf_counter(), [memory(service.process.pid)]
        with ThreadPoolExecutor(4) as threads:
            for part in range(10):
                count = calls * (part + 1) // 10 - calls * part // 10
                results = threads.map(lambda _: len(blur(small, (178, 83, 273, 178))), range(count))
                assert len(set(results)) == 1, "the same call gave different pictures"
                sizes.append(memory(service.process.pid))
    print(f"{calls} pictures of 512 x 512: {calls / (time.perf_counter() - start):.0f} a second, four at a time")
    print("memory of server and workers, MB:", " ".join("+".join(map(str, size)) for size in sizes))


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
