"""The engine, the training service and the digit service, with one place for models between them."""

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aiservice.testing import free_port
from tests.e2e.processes import ROOT, Engine, Process, wait_for
from tests.e2e.scripts import result, submit

DIGITS = ROOT / "services" / "digit_recognition"
ROUTE = "retrain-digits"
SMALL = "train: {epochs: 2, copies: 2, batch: 32}\naugment: {rotation: 8}\n"
TRAINING_SECONDS = 300.0

Json = dict[str, Any]


class Service(Process):
    """A service in its own environment, announced to an engine."""

    def __init__(self, module: str, home: Path, folder: Path, engine: str, settings: dict[str, str]) -> None:
        port = free_port()
        own = {"APP_PORT": str(port), "APP_ENGINE": engine, "APP_SERVICE": f"http://127.0.0.1:{port}"}
        super().__init__([], folder, port, own | settings)
        self._arguments = [str(home / ".venv" / "bin" / "python"), "-m", module]


class Line:
    """All of it, with a training that is short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "params.yaml").write_text(SMALL)
        self.engine = Engine(folder / "engine")
        self.engine.start()
        self._settings = {
            "DIGIT_MODELS": str(folder / "models"),
            "DIGIT_WORK": str(folder / "work"),
            "DIGIT_PARAMS": str(folder / "params.yaml"),
            "DIGIT_LOOK": "0.5",
            "DIGIT_KEEP": "",
            "DIGIT_RETRAIN": "",
            "MLFLOW_TRACKING_URI": "",
        }
        self.training = self._service("digit_training", DIGITS / "training", "training")
        self.recognition = self._service("digit_recognition", DIGITS, "recognition")
        self._open_pipeline()

    def _service(self, module: str, home: Path, name: str, **settings: str) -> Service:
        service = Service(module, home, self._folder / name, self.engine.url, self._settings | settings)
        service.start()
        return service

    def _open_pipeline(self) -> None:
        offered = ("digits-select", "digits-train", "digits-evaluate", "digits-promote", "digit-recognition")
        for route in offered:
            there = f"/services/{route}"
            wait_for(lambda: self.engine.client.get(there).status_code == 200, f"{route} is announced", 30)
        definition = json.loads((ROOT / "pipelines" / f"{ROUTE}.json").read_text())
        answer = self.engine.client.post("/services", json=definition)
        assert answer.status_code == 200, answer.text

    @contextmanager
    def watcher(self) -> Iterator[Service]:
        """One more digit service, which starts a task where pictures have drifted."""
        retrain = f"{self.engine.url}/services/{ROUTE}"
        service = self._service("digit_recognition", DIGITS, "watcher", DIGIT_RETRAIN=retrain)
        yield service
        service.stop()

    def retrain(self, digits: list[int], reason: str) -> Json:
        """The result of a task of the pipeline."""
        job = submit(self.engine, ROUTE, {"digits": digits, "reason": reason})
        found: Json = result(self.engine, job, TRAINING_SECONDS)
        return found

    def ordinary(self) -> list[NDArray[np.uint8]]:
        """The pictures that models are measured with, as people send them: dark ink on white paper."""
        work = result(self.engine, submit(self.engine, "digits-select", {"digits": []}), 60)["work"]
        with np.load(self._folder / "work" / "trainings" / work / "data" / "dataset.npz") as stored:
            pictures = stored["pictures"][stored["held_out"]]
        drawn = (Image.fromarray(picture).resize((64, 64), Image.Resampling.BICUBIC) for picture in pictures)
        return [255 - np.pad(np.asarray(picture, np.uint8), 16) for picture in drawn]

    def stop(self) -> None:
        """End all processes."""
        codes = [service.stop() for service in (self.recognition, self.training)]
        self.engine.kill()
        assert codes == [0, 0], self.recognition.log + self.training.log


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture as a file."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    return data.getvalue()


def read(client: httpx.Client, picture: bytes) -> httpx.Response:
    """Ask a digit service directly."""
    return client.post("/compute", files={"image": ("digit.png", picture)}, headers={"Prefer": "wait=20"})


class Caller(threading.Thread):
    """Asks a digit service, one picture after the other, until it is stopped."""

    def __init__(self, url: str, pictures: list[bytes]) -> None:
        super().__init__()
        self._client = httpx.Client(base_url=url, timeout=30)
        self._pictures = pictures
        self._stop_asked = threading.Event()
        self.versions: list[str] = []
        self.failed: Counter[str] = Counter()

    def run(self) -> None:
        """Ask; what is no answer with a digit has failed."""
        number = 0
        while not self._stop_asked.wait(0.005):
            try:
                answer = read(self._client, self._pictures[number % len(self._pictures)])
                answer.raise_for_status()
                assert 0 <= answer.json()["digit"] <= 9
                self.versions.append(answer.json()["version"])
            except (httpx.HTTPError, AssertionError, KeyError, ValueError) as error:
                self.failed[repr(error)] += 1
            number += 1

    def stop(self) -> None:
        """Let it end after the call that is under way."""
        self._stop_asked.set()
        self.join()
        self._client.close()
