"""An engine with the real services for pictures and faces, each a process.

For the analysis of faces there is a stand-in, whose words tests choose, or the real service.
"""

import asyncio
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from aiservice.testing import free_port
from tests.e2e.processes import ROOT, Engine, Process, wait_for
from tests.e2e.scripts import result, submit
from tools.shipped import load_all

ANALYSIS = Path(__file__).with_name("analysis_service.py")
WOMAN = {"age": 31.4, "gender": "Woman", "dominant_emotion": "happy", "emotion": {"happy": 0.9, "sad": 0.1}}
MAN = {"age": 45, "gender": "Man", "dominant_emotion": "fear", "emotion": {"fear": 0.8, "happy": 0.2}}
TASK_SECONDS = 60.0
SERVICES = ("image_processing", "face_detection")

Json = dict[str, Any]


class Service(Process):
    """A service in its own environment, announced to an engine."""

    def __init__(self, name: str, folder: Path, engine: str, more: Mapping[str, str] | None = None) -> None:
        port = free_port()
        settings = {"APP_PORT": str(port), "APP_ENGINE": engine, "APP_SERVICE": f"http://127.0.0.1:{port}"}
        super().__init__([], folder, port, settings | dict(more or {}))
        self._arguments = [str(python_of(name)), "-m", name]


def python_of(service: str) -> Path:
    """The interpreter of a service's environment."""
    return ROOT / "services" / service / ".venv" / "bin" / "python"


class Analysis(Process):
    """The stand-in. It announces itself every second, so that its silence is noticed soon."""

    def __init__(self, folder: Path, engine: str) -> None:
        port = free_port()
        self._script = folder / "script.json"
        settings = {"APP_PORT": str(port), "APP_ENGINE": engine, "APP_SERVICE": f"http://127.0.0.1:{port}"}
        more = {"APP_NOTIFY_CRON": "1", "ANALYSIS_SCRIPT": str(self._script)}
        super().__init__([str(ANALYSIS)], folder, port, settings | more)

    def script(self, warm: Mapping[str, Any] | None = WOMAN, grey: Mapping[str, Any] | None = MAN) -> None:
        """What it says of faces from now on: of those in colour, of the grey ones. None: that there is no face."""
        self._script.write_text(json.dumps({"warm": warm, "grey": grey}))


class System:
    """The engine, with the shipped pipelines, and the services."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder / "engine")
        self.engine.start()
        self.services = [Service(name, folder / name, self.engine.url) for name in SERVICES]
        self.analysis = Analysis(folder / "analysis", self.engine.url)
        for process in (*self.services, self.analysis):
            process.spawn()
        self.loaded = self.load()

    def load(self) -> dict[str, str]:
        """Load the shipped pipelines, as `make run` does."""

        async def load() -> dict[str, str]:
            async with httpx.AsyncClient(base_url=self.engine.url) as client:
                return await load_all(client, TASK_SECONDS, SERVICES)

        return asyncio.run(load())

    def wait_for_analysis(self, there: bool) -> None:
        """Wait until the operation `face-analyze` is there, or is not."""
        client = self.engine.client
        wait_for(
            lambda: (client.get("/services/face-analyze").status_code == 200) == there,
            f"face-analyze is {'there' if there else 'away'}:\n{self.analysis.log}",
            TASK_SECONDS,
        )

    @contextmanager
    def real_analysis(self, folder: Path, attributes: Sequence[str] = ()) -> Iterator[None]:
        """The real service in place of the stand-in, with small models of its own tests for these attributes."""
        models = folder / "models"
        models.mkdir()
        if attributes:
            make = ROOT / "services" / "face_analyzer" / "tests" / "onnx_files.py"
            subprocess.run([python_of("face_analyzer"), make, models, *attributes], check=True)
        settings = {"FACE_MODELS": str(models), "APP_NOTIFY_CRON": "1", "APP_WORKERS": "1"}
        service = Service("face_analyzer", folder / "service", self.engine.url, settings)
        self.analysis.stop()
        self.wait_for_analysis(there=False)
        service.spawn()
        try:
            self.wait_for_analysis(there=True)
            yield
        finally:
            service.stop()
            self.wait_for_analysis(there=False)
            self.analysis.start()
            self.wait_for_analysis(there=True)
        assert "Traceback" not in service.log, service.log

    def submit(self, route: str, picture: bytes) -> str:
        """Send a picture; the id of the task."""
        return submit(self.engine, route, files={"image": ("picture", picture)})

    def result(self, job: str) -> Json:
        """The result of a task that finishes."""
        found: Json = result(self.engine, job, TASK_SECONDS)
        return found

    def run(self, route: str, picture: bytes) -> Json:
        """Send a picture; the result."""
        return self.result(self.submit(route, picture))

    def boxes(self, picture: bytes) -> list[list[int]]:
        """The boxes that face detection finds in a picture."""
        found: list[list[int]] = self.run("face-detect", picture)["answer"]
        return found

    def file(self, url: str) -> bytes:
        """A file of a result, which is a JPEG."""
        answer = self.engine.client.get(url)
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg", answer.headers
        return answer.content

    def stop(self) -> None:
        """End all processes."""
        for process in (*self.services, self.analysis):
            process.stop()
        self.engine.kill()
