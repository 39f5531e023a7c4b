"""An engine with the real services for pictures and faces and the stand-in for their analysis, each a process."""

import asyncio
import json
from collections.abc import Mapping
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

    def __init__(self, name: str, folder: Path, engine: str) -> None:
        port = free_port()
        settings = {"APP_PORT": str(port), "APP_ENGINE": engine, "APP_SERVICE": f"http://127.0.0.1:{port}"}
        super().__init__([], folder, port, settings)
        self._arguments = [str(ROOT / "services" / name / ".venv" / "bin" / "python"), "-m", name]


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
            30,
        )

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
