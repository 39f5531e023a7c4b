"""How many digits a second the service reads, and where the time goes: `python tests/throughput.py [count] [--memory]`.

Starts the service and sends drawn digits as PNG, `count` in all (4,000), eight calls at a time over connections that
are kept: first reduced to 28 x 28, as data sets have them, then those on a canvas of at most 320 x 320, then all
twenty (up to 1200 x 900). Fails unless 18 of 20 are right. What other programs took of the machine meanwhile is told,
for it is missing. With `--memory` it tells every tenth of the calls how much memory the service has (10,000 calls are
a good number), and fails where it has 5 % more at the end than after three tenths.
"""

from __future__ import annotations

import http.client
import io
import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import numpy as np
from aiservice.testing import RunningService, form, running
from drawn import DRAWN, Drawn
from numpy.typing import NDArray
from PIL import Image

from digit_recognition.manifest import SERVED, read_pointer
from digit_recognition.model import load_model
from digit_recognition.places import Folder
from digit_recognition.prepare import prepare
from digit_recognition.recognizer import SHIPPED

AT_ONCE = 8
Picture = tuple[int, NDArray[np.uint8]]
"""A digit, and a picture of it."""


class Client:
    """Sends drawn digits over one kept connection per thread, and counts what is right."""

    def __init__(self, service: RunningService, pictures: list[Picture]) -> None:
        self._where = urlsplit(service.url).netloc
        self._local = threading.local()
        self._calls = [
            (digit, *form({"image": ("a.png", png(picture), "image/png")}, None)) for digit, picture in pictures
        ]

    def send(self, number: int) -> tuple[float, bool]:
        """Make one call; return how long it took, and whether the answer is right."""
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(self._where, timeout=120)
        digit, kind, body = self._calls[number % len(self._calls)]
        start = time.perf_counter()
        self._local.connection.request("POST", "/compute", body, {"Content-Type": kind, "Prefer": "wait=60"})
        answer = json.loads(self._local.connection.getresponse().read())
        return time.perf_counter() - start, answer["digit"] == digit


def small(drawn: Drawn) -> NDArray[np.uint8]:
    """The picture reduced to at most 28 x 28, grey."""
    image = Image.fromarray(drawn.render()).convert("L")
    image.thumbnail((28, 28), Image.Resampling.BOX)
    return np.asarray(image)


def png(picture: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def memory(pid: int) -> float:
    """Resident memory in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def machine_seconds() -> tuple[float, float]:
    """CPU time of all programs, and time that could have been used, of all cores since the start."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / 100, sum(fields) / 100


def measure(what: str, pictures: list[Picture], count: int, memory_too: bool) -> None:
    """Call the service `count` times, and print what it took."""
    with running("digit_recognition") as service, ThreadPoolExecutor(AT_ONCE) as threads:
        client = Client(service, pictures)
        list(threads.map(client.send, range(200)))
        own, (busy, whole), start = (
            cpu_seconds(service.pid) + time.process_time(),
            machine_seconds(),
            time.perf_counter(),
        )
        before, answers, sizes = cpu_seconds(service.pid), [], []
        for tenth in range(10):
            answers += list(threads.map(client.send, range(tenth * count // 10, (tenth + 1) * count // 10)))
            sizes.append(memory(service.pid))
        seconds, cpu = time.perf_counter() - start, cpu_seconds(service.pid) - before
        own = cpu_seconds(service.pid) + time.process_time() - own
        after = machine_seconds()
        alone = [client.send(number)[0] for number in range(100)]
    others = (after[0] - busy - own) / (after[1] - whole)
    right = sum(good for _, good in answers)
    print(f"{what}: {count / seconds:.0f} digits/s with {AT_ONCE} at once", end=" ")
    print(
        f"(median {median(took for took, _ in answers) * 1000:.1f} ms), one at a time {median(alone) * 1000:.1f} ms;",
        end=" ",
    )
    print(f"{cpu / count * 1000:.2f} ms of CPU a call; other programs took {max(others, 0):.0%} of the machine")
    assert right >= 0.9 * count, f"only {right} of {count} are right"
    if memory_too:
        print("memory, MB:", " ".join(f"{size:.0f}" for size in sizes))
        assert sizes[-1] <= 1.05 * sizes[2], "the service grows"


def profile() -> None:
    """Where the time of a call goes, in this process, without HTTP."""
    pictures = [drawn.render() for drawn in DRAWN]
    files = [png(picture) for picture in pictures]
    shipped = Folder(SHIPPED)
    model = load_model(shipped, read_pointer(shipped.read(SERVED) or b""))
    frames = [found.image for found in map(prepare, pictures) if found is not None]
    steps: dict[str, Callable[[], object]] = {
        "decode the PNG": lambda: [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in files],
        "find, centre and scale": lambda: [prepare(picture) for picture in pictures],
        "ask the model": lambda: [model.answer(frame) for frame in frames],
    }
    for name, step in steps.items():
        times = []
        for _ in range(15):
            start = time.process_time()
            step()
            times.append(time.process_time() - start)
        print(f"{name:24} {median(times) / len(pictures) * 1000:.3f} ms of CPU a picture")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    calls = numbers[0] if numbers else 4000
    drawn = [(each.digit, each.render()) for each in DRAWN]
    measure("28 x 28", [(each.digit, small(each)) for each in DRAWN], calls, False)
    measure("up to 320 x 320", [each for each in drawn if max(each[1].shape) <= 320], calls, False)
    measure("up to 1200 x 900", drawn, calls, "--memory" in sys.argv)
    profile()
