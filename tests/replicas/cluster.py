"""Several engines on one store: a SQLite file with a folder, or MongoDB with S3."""

from collections.abc import Iterator
from pathlib import Path

from tests.e2e.processes import Engine, wait_for
from tests.servers import chosen
from tests.servers.mongo import mongo_server
from tests.servers.s3 import s3_for_tests

KINDS = ("sqlite", "mongo-s3")
TAKEN_OVER_SECONDS = 10.0
"""Within which another engine goes on with what one that died has left; twice what it should take."""


class Cluster:
    """Engines that share a store; `settings` are what they share. Each has a URL of its own, and calls back there."""

    def __init__(self, folder: Path, settings: dict[str, str], count: int = 3) -> None:
        self.settings = settings
        self._folder = folder
        self.engines: list[Engine] = []
        self.add(count)

    def add(self, count: int = 1) -> list[Engine]:
        """Start so many more; returns them when they are ready."""
        new = []
        for _ in range(count):
            new.append(Engine(self._folder / f"engine{len(self.engines)}", self.settings))
            self.engines.append(new[-1])
        for engine in new:
            engine.spawn()
        for engine in new:
            wait_for(engine.is_ready, f"an engine is ready; its log:\n{engine.log}", 60)
        return new

    def close(self) -> None:
        """End all."""
        for engine in self.engines:
            engine.kill()

    def complaints(self) -> str:
        """What engines have logged of their own mistakes."""
        return "\n".join(engine.log for engine in self.engines if "Traceback" in engine.log)


def store_settings(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """The settings of a store of this kind that holds nothing yet."""
    if kind == "sqlite":
        yield {"REG_LOCAL_DATA": str(folder / "shared")}
        return
    with mongo_server(folder / "mongo") as mongo:
        stores = chosen.s3_settings(s3_for_tests())
        yield {"REG_DB_TYPE": "mongo", "MONGO_URI": mongo.uri, "MONGO_DB": mongo.fresh_name(), **stores}
